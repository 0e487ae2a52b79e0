//! Verifies that an image is signed by a key, or with `--type` that something is attested about it by that key.
//!
//!     verify REFERENCE KEY.pub [--type KIND] [--rounds N] [--refused]
//!
//! With `--rounds` it does so N times, each time with a new connection, and prints for each `cache-in-process WALL CPU PEAK` in
//! seconds and MiB: `scripts/compare-sign.sh` compares that with the processes of others. With `--refused` it has to fail.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use cache_core::connect::open_source;
use cache_core::model::{Reference, Timestamp};
use cache_core::promote::{Attestation, signed_evidence_of};
use cache_core::sign::{PublicKey, Trust};

type Failure = Box<dyn std::error::Error>;

struct Asked {
    image: Reference,
    trust: Trust,
    kind: Option<String>,
    rounds: usize,
    refused: bool,
}

// All of it in one thread, whose time is measured.
#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Failure> {
    let asked = asked(std::env::args().skip(1))?;
    for _ in 0..asked.rounds {
        let (start, before) = (Instant::now(), busy());
        expected(&asked, verify(&asked).await)?;
        let (wall, cpu) = (start.elapsed(), busy().saturating_sub(before));
        println!("cache-in-process {} {} {}", wall.as_secs_f64(), cpu.as_secs_f64(), peak());
    }
    if asked.rounds == 0 {
        println!("{}", expected(&asked, verify(&asked).await)?);
    }
    Ok(())
}

fn asked(mut words: impl Iterator<Item = String>) -> Result<Asked, Failure> {
    let usage = "usage: verify REFERENCE KEY.pub [--type KIND] [--rounds N] [--refused]";
    let (Some(image), Some(key)) = (words.next(), words.next()) else { return Err(usage.into()) };
    let trust = Trust::in_keys(vec![PublicKey::load("key", &key)?]);
    let mut asked = Asked { image: image.parse()?, trust, kind: None, rounds: 0, refused: false };
    while let Some(word) = words.next() {
        let mut value = || words.next().ok_or(usage);
        match word.as_str() {
            "--refused" => asked.refused = true,
            "--rounds" => asked.rounds = value()?.parse()?,
            "--type" => asked.kind = Some(Attestation::predicate_type_of(&value()?)?.to_owned()),
            _ => return Err(usage.into()),
        }
    }
    Ok(asked)
}

/// What was verified, in words.
async fn verify(asked: &Asked) -> Result<String, Failure> {
    let registry = open_source(&asked.image.repository)?;
    let seen = signed_evidence_of(&*registry, &asked.image, &asked.trust, Timestamp::now()).await?;
    let (about, problems) = (&seen.image.digest, seen.problems.len());
    let found = match &asked.kind {
        None => seen.signatures.iter().filter(|signature| signature.about == *about).count(),
        Some(kind) => {
            let is = |statement: &cache_core::sign::Statement| statement.predicate_type == *kind;
            seen.statements.iter().filter(|it| it.about == *about && is(it.value.value())).count()
        }
    };
    let why = seen.problems.first().map(|problem| format!(", such as: {}", problem.message)).unwrap_or_default();
    match found {
        0 => Err(format!("nothing by this key verifies; {problems} do not count{why}").into()),
        _ => Ok(format!("{found} by this key verify; {problems} do not count")),
    }
}

/// The answer that was to be expected; a failure where it is the other one.
fn expected(asked: &Asked, answer: Result<String, Failure>) -> Result<String, Failure> {
    match (answer, asked.refused) {
        (Ok(said), false) => Ok(said),
        (Err(why), true) => Ok(format!("refused: {why}")),
        (Ok(said), true) => Err(format!("it was to be refused: {said}").into()),
        (Err(why), false) => Err(why),
    }
}

/// How long this thread has been at work, where the system tells.
fn busy() -> Duration {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanos = text.split_whitespace().next().and_then(|nanos| nanos.parse().ok());
    Duration::from_nanos(nanos.unwrap_or_default())
}

/// The most memory that this process had, in MiB.
fn peak() -> f64 {
    let text = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib: f64 = line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or_default();
    kib / 1024.0
}
