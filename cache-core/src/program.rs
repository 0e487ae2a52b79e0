//! Other programs: run for their output, within time and size.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::Command;

use crate::error::{Error, Result};

/// How much of what a program complains is shown.
const COMPLAINT: usize = 2000;

/// A program that Cache can ask.
#[derive(Debug, Clone)]
pub(crate) struct Program {
    /// Its path, or its name in `PATH`.
    pub(crate) path: PathBuf,
    /// How long it may take.
    pub(crate) patience: Duration,
    /// How many bytes it may answer.
    pub(crate) limit: u64,
}

impl Program {
    pub(crate) fn named(name: &str) -> Self {
        Program { path: name.into(), patience: Duration::from_secs(600), limit: 1 << 30 }
    }

    /// Runs it and gives what it prints. It is ended when nobody waits for it any more.
    ///
    /// # Errors
    /// `NotFound` where there is no such program; `Unavailable` where it takes too long; `Unexpected` where it fails, with what
    /// it says.
    pub(crate) async fn run<A: AsRef<OsStr>>(&self, arguments: &[A], environment: &[(&str, &Path)]) -> Result<Vec<u8>> {
        self.answer(arguments, environment, &[]).await
    }

    /// The same with something for it to read.
    ///
    /// # Errors
    /// As [`run`](Program::run).
    pub(crate) async fn answer<A: AsRef<OsStr>>(
        &self,
        arguments: &[A],
        environment: &[(&str, &Path)],
        input: &[u8],
    ) -> Result<Vec<u8>> {
        let at = |error: Error| error.context("program", self.path.display());
        let mut command = Command::new(&self.path);
        command.args(arguments).envs(environment.iter().copied());
        command.stdin(if input.is_empty() { Stdio::null() } else { Stdio::piped() });
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().map_err(|e| match e.kind() {
            std::io::ErrorKind::NotFound => at(Error::not_found("the program is not installed")),
            _ => at(Error::unexpected("the program cannot be started")).caused_by(e),
        })?;
        let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let run = async {
            let give = async {
                // One that does not read to the end may still have an answer.
                if let Some(mut stdin) = stdin {
                    drop(stdin.write_all(input).await);
                }
            };
            let ((), said, complained) = tokio::join!(give, read(stdout, self.limit), read(stderr, 1 << 20));
            Ok::<_, std::io::Error>((said?, complained?, child.wait().await?))
        };
        let (said, complained, status) = tokio::time::timeout(self.patience, run)
            .await
            .map_err(|_| at(Error::unavailable(format!("no answer in {} seconds", self.patience.as_secs()))))?
            .map_err(|e| at(Error::unexpected("the program's answer cannot be read")).caused_by(e))?;
        if said.len() as u64 > self.limit {
            return Err(at(Error::invalid(format!("the program answers more than {} bytes", self.limit))));
        }
        if !status.success() {
            let complaint = String::from_utf8_lossy(&complained);
            let skip = complaint.chars().count().saturating_sub(COMPLAINT);
            let end: String = complaint.trim().chars().skip(skip).collect();
            return Err(at(Error::unexpected(format!("the program failed ({status}): {end}"))));
        }
        Ok(said)
    }
}

/// One byte more than the limit shows that there is more. What is beyond is read and dropped: the program must not wait.
async fn read(pipe: Option<impl AsyncRead + Unpin>, limit: u64) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    if let Some(mut pipe) = pipe {
        (&mut pipe).take(limit + 1).read_to_end(&mut bytes).await?;
        tokio::io::copy(&mut pipe, &mut tokio::io::sink()).await?;
    }
    Ok(bytes)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use crate::error::ErrorKind;

    async fn sh(script: &str, limit: u64) -> Result<Vec<u8>> {
        let program = Program { path: "/bin/sh".into(), patience: Duration::from_millis(1500), limit };
        program.run(&["-c", script], &[]).await
    }

    #[tokio::test]
    async fn what_it_prints_is_the_answer() {
        assert_eq!(sh("echo hello; echo noise >&2", 100).await.unwrap(), b"hello\n");
    }

    #[tokio::test]
    async fn what_it_is_given_it_can_read() {
        let program = Program { path: "cat".into(), patience: Duration::from_secs(5), limit: 1 << 20 };
        let input = vec![b'x'; 1 << 20];
        assert_eq!(program.answer::<&str>(&[], &[], &input).await.unwrap(), input);
    }

    #[tokio::test]
    async fn a_failure_says_what_the_program_said_at_last() {
        let error =
            sh("echo half; printf 'x%.0s' $(seq 3000) >&2; echo ' no such image' >&2; exit 3", 100).await.unwrap_err();
        let text = error.to_string();
        assert_eq!(error.kind(), ErrorKind::Unexpected);
        assert!(text.contains("no such image") && text.contains("exit status: 3") && text.len() < 3000, "{text}");
    }

    #[tokio::test]
    async fn one_that_hangs_or_talks_without_end_is_stopped() {
        assert_eq!(sh("sleep 60", 100).await.unwrap_err().kind(), ErrorKind::Unavailable);
        assert_eq!(sh("yes | head -c 100000", 100).await.unwrap_err().kind(), ErrorKind::Invalid);
    }

    #[tokio::test]
    async fn a_missing_program_is_not_found() {
        let error = Program::named("cache-no-such-program").run::<&str>(&[], &[]).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
    }
}
