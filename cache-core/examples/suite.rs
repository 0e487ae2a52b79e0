//! Runs the suite of all adapters against a real registry, asks what it keeps, and writes a transcript without secrets.
//!
//! ```text
//! cargo run -p cache-core --example suite --features conformance -- registry.json HOST/REPOSITORY transcript.jsonl
//! ```
//! `registry.json` says which system the registry is, as in `docs/adapters.md`. The suite writes, tags and deletes images of its own
//! making in the repository, which should be there for this, and leaves most of them behind.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "it is a program")]

use std::path::Path;
use std::process::ExitCode;

use cache_core::conformance::check_registry;
use cache_core::connect::{RegistryConfig, read};
use cache_core::model::Repository;
use cache_core::registry::{Network, Question, Registry, Transcript, ask};
use cache_core::{Error, ErrorKind, Result};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [config, repository, file] = arguments.as_slice() else {
        eprintln!("usage: suite REGISTRY.json HOST/REPOSITORY TRANSCRIPT.jsonl");
        return ExitCode::from(2);
    };
    let transcript = Transcript::new();
    let ran = run(Path::new(config), repository, &transcript).await;
    // Whatever came of it: what failed is what somebody wants to see.
    if let Err(error) = std::fs::write(file, transcript.to_json_lines()) {
        eprintln!("error: {file}: {error}");
        return ExitCode::FAILURE;
    }
    match ran {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(config: &Path, repository: &str, transcript: &Transcript) -> Result<bool> {
    let text = std::fs::read(config).map_err(|e| Error::invalid("the configuration cannot be read").caused_by(e))?;
    let config =
        serde_json::from_slice(&text).map_err(|e| Error::invalid("the configuration is no JSON").caused_by(e))?;
    let config: RegistryConfig = read("configuration", config)?;
    let registry = config.open(Network::default().transcript(transcript.clone()))?;
    let repository = Repository::parse(repository)?;
    let report = check_registry(&*registry, &repository).await;
    println!("{report}");
    for question in questions(registry.as_registry(), &repository).await? {
        match ask(registry.as_registry(), &question).await {
            Ok(_) => println!("answers {question:?}"),
            Err(error) if error.kind() == ErrorKind::Unsupported => {}
            Err(error) => println!("{} to {question:?}", error.kind()),
        }
    }
    Ok(report.is_passed())
}

/// All that can be asked without knowing more than the repository.
async fn questions(registry: &dyn Registry, repository: &Repository) -> Result<Vec<Question>> {
    let of = || repository.clone();
    let mut questions = vec![
        Question::Projects,
        Question::Repositories { project: None },
        Question::Repository { repository: of() },
        Question::Images { repository: of() },
        Question::Tags { repository: of() },
        Question::Room { repository: of() },
        Question::Layers { repository: of() },
        Question::Settings,
        Question::Storage,
    ];
    if let Some(tag) = registry.tags(repository).await?.into_iter().next() {
        let image = repository.at(registry.resolve(&repository.tagged(tag)).await?.digest);
        questions.extend([
            Question::Image { image: image.clone() },
            Question::TagsOf { image: image.clone() },
            Question::Findings { image },
        ]);
    }
    Ok(questions)
}
