//! The example programs do what they say: each is run as a user would, in a folder of its own, as `cargo test` has just built it.

mod documents;
#[path = "../scenarios/layouts.rs"]
mod layouts;
mod promotions;
mod signing;

use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

fn scenarios() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios")
}

/// A folder that programs run in, and where all that they write is.
struct Place(tempfile::TempDir);

/// What came of a program.
#[derive(Debug)]
struct Ran {
    code: Option<i32>,
    out: String,
    err: String,
}

impl Ran {
    /// The digest that this program wants to be approved.
    fn asked(&self) -> &str {
        assert_eq!(self.code, Some(3), "{self:?}");
        self.out.rsplit_once("--approve ").unwrap_or_else(|| panic!("{self:?}")).1.trim()
    }
}

impl Place {
    fn empty() -> Place {
        let place = Place(tempfile::tempdir().unwrap());
        fs::create_dir(place.path("")).unwrap();
        place
    }

    /// With the images and the keys of a scenario.
    fn of(scenario: &str) -> Place {
        let place = Place::empty();
        layouts::prepare(&scenarios(), scenario, &place.path("")).unwrap();
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join("here").join(name)
    }

    fn write(&self, name: &str, text: &str) {
        fs::create_dir_all(self.path(name).parent().unwrap()).unwrap();
        fs::write(self.path(name), text).unwrap();
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    fn json(&self, name: &str) -> Value {
        serde_json::from_str(&self.read(name)).unwrap()
    }

    /// The digests of the manifests that a layout lists.
    fn listed(&self, layout: &str) -> Vec<String> {
        let index = self.json(&format!("{layout}/index.json"));
        let digests = index["manifests"].as_array().unwrap().iter().map(|listed| listed["digest"].to_string());
        digests.collect()
    }

    fn command(&self, program: &str, words: &[&str]) -> Command {
        // The tests are in `deps`, the examples beside it.
        let built = std::env::current_exe().unwrap().parent().unwrap().with_file_name("examples");
        let mut command = Command::new(built.join(program).with_extension(std::env::consts::EXE_EXTENSION));
        command.args(words).current_dir(self.path("")).env("XDG_STATE_HOME", self.0.path().join("state"));
        command.env("COSIGN_PASSWORD", signing::PASSWORD).env("USER", "alice");
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs a program that nobody is there to answer.
    fn run(&self, program: &str, words: &[&str]) -> Ran {
        let done = self.command(program, words).output().unwrap_or_else(|e| panic!("{program}: {e}"));
        Ran {
            code: done.status.code(),
            out: String::from_utf8(done.stdout).unwrap(),
            err: String::from_utf8(done.stderr).unwrap(),
        }
    }

    /// Runs a program that has nothing to ask and succeeds; what it printed.
    fn told(&self, program: &str, words: &[&str]) -> String {
        let ran = self.run(program, words);
        assert_eq!(ran.code, Some(0), "{ran:?}");
        ran.out
    }

    /// Runs a program and answers it: `answer` makes the line out of the word that it wants typed.
    fn answered(&self, program: &str, words: &[&str], answer: impl FnOnce(&str) -> String) -> Ran {
        let mut child = self.command(program, words).stdin(Stdio::piped()).spawn().unwrap();
        let (mut input, mut output) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let (mut shown, mut piece) = (Vec::new(), [0; 4096]);
        let wanted = loop {
            let text = String::from_utf8_lossy(&shown).into_owned();
            let asked = text.rsplit_once("? Type ").and_then(|(_, rest)| rest.split_once(" to approve, "));
            if let Some((word, _)) = asked.filter(|(_, rest)| rest.ends_with(": ")) {
                break word.to_owned();
            }
            let read = output.read(&mut piece).unwrap();
            assert!(read > 0, "it never asked: {text}");
            shown.extend_from_slice(&piece[..read]);
        };
        writeln!(input, "{}", answer(&wanted)).unwrap();
        output.read_to_end(&mut shown).unwrap();
        let done = child.wait_with_output().unwrap();
        Ran {
            code: done.status.code(),
            out: String::from_utf8(shown).unwrap(),
            err: String::from_utf8(done.stderr).unwrap(),
        }
    }
}
