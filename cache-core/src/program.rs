//! Other programs: run for their output, within time and size.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::Command;

use crate::error::{Error, Result};
use crate::visible;

/// How many characters of what a program complains are shown, and how many bytes of it are kept: the last, which say why.
const COMPLAINT: usize = 2000;
const KEPT: usize = 64 << 10;

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

/// How a program ended, and what it printed.
pub(crate) struct Ended {
    pub(crate) status: ExitStatus,
    pub(crate) said: Vec<u8>,
    complained: Vec<u8>,
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
        let ended = self.ended(arguments, environment, input).await?;
        if !ended.status.success() {
            let message = format!("the program failed ({}): {}", ended.status, ended.complaint());
            return Err(Error::unexpected(message).context("program", self.path.display()));
        }
        Ok(ended.said)
    }

    /// The same for a program that may fail and has said something all the same.
    ///
    /// # Errors
    /// As [`run`](Program::run), where it does not come to its end.
    pub(crate) async fn ended<A: AsRef<OsStr>>(
        &self,
        arguments: &[A],
        environment: &[(&str, &Path)],
        input: &[u8],
    ) -> Result<Ended> {
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
            let ((), said, complained) = tokio::join!(give, read(stdout, self.limit), read_end(stderr));
            Ok::<_, std::io::Error>(Ended { said: said?, complained: complained?, status: child.wait().await? })
        };
        let ended = tokio::time::timeout(self.patience, run)
            .await
            .map_err(|_| at(Error::unavailable(format!("no answer in {} seconds", self.patience.as_secs()))))?
            .map_err(|e| at(Error::unexpected("the program's answer cannot be read")).caused_by(e))?;
        if ended.said.len() as u64 > self.limit {
            return Err(at(Error::invalid(format!("the program answers more than {} bytes", self.limit))));
        }
        Ok(ended)
    }
}

impl Ended {
    /// The end of what it complained, as one line.
    fn complaint(&self) -> String {
        let all = String::from_utf8_lossy(&self.complained);
        let all = all.trim();
        let skip = all.chars().count().saturating_sub(COMPLAINT);
        visible::line(&all.chars().skip(skip).collect::<String>()).into_owned()
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

/// The last bytes that there are.
async fn read_end(pipe: Option<impl AsyncRead + Unpin>) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    if let Some(mut pipe) = pipe {
        while pipe.read_buf(&mut bytes).await? > 0 {
            // Dropped in large parts, since what is kept moves each time.
            if bytes.len() > 2 * KEPT {
                bytes.drain(..bytes.len() - KEPT);
            }
        }
    }
    bytes.drain(..bytes.len().saturating_sub(KEPT));
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
    async fn the_end_of_a_long_complaint_is_shown_as_one_line() {
        let much = r"head -c 2000000 /dev/zero | tr '\0' ' ' >&2";
        let script = format!(r"{much}; printf 'the\n\033[1mreason' >&2; yes '' | head -n 3000 >&2; exit 3");
        let text = sh(&script, 100).await.unwrap_err().to_string();
        assert!(text.contains("): the \u{fffd}[1mreason ("), "{text}");
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
