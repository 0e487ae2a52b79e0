//! Credential helpers: `docker-credential-NAME get`, which reads a server's address and writes JSON (docker-credential-helpers,
//! README, "Development").

use std::time::Duration;

use serde::Deserialize;

use super::Credential;
use crate::error::{Error, Result};
use crate::model::Secret;
use crate::program::Program;

/// A helper that asks a person or a cloud may take a while; one that hangs must not hang us.
const PATIENCE: Duration = Duration::from_secs(30);
const MAX_ANSWER: u64 = 1 << 20;
/// The user name that stands for "the secret is an identity token".
const TOKEN_USER: &str = "<token>";

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    #[serde(default)]
    username: String,
    secret: String,
}

/// Asks a helper about a server; `None` where it has nothing.
pub(super) async fn ask(name: &str, server: &str) -> Result<Option<Credential>> {
    let program = format!("docker-credential-{name}");
    let named_well = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b));
    if !named_well {
        return Err(Error::unauthenticated("the credential helper's name is not a plain word")
            .context("helper", program)
            .context("server", server));
    }
    let asked = Program { path: program.clone().into(), patience: PATIENCE, limit: MAX_ANSWER };
    run(&asked, &["get"], &program, server).await
}

async fn run(asked: &Program, arguments: &[&str], helper: &str, server: &str) -> Result<Option<Credential>> {
    let failed = |what: String| Error::unauthenticated(what).context("helper", helper).context("server", server);
    let ended = asked
        .ended(arguments, &[], server.as_bytes())
        .await
        .map_err(|e| failed(format!("the credential helper gives no answer: {}", e.message())).caused_by(e))?;
    if ended.status.success() {
        let answer: Answer = serde_json::from_slice(&ended.said)
            .map_err(|_| failed("the credential helper's answer is not the JSON it should be".into()))?;
        let secret = Secret::new(answer.secret);
        return Ok(Some(match answer.username.as_str() {
            TOKEN_USER => Credential::IdentityToken(secret),
            _ => Credential::Password { user: answer.username, password: secret },
        }));
    }
    // Helpers say so on standard output, in these words.
    let said = String::from_utf8_lossy(&ended.said);
    if said.contains("credentials not found") || said.contains("no credentials server URL") {
        return Ok(None);
    }
    // What a broken helper prints may hold the secret, so it is not shown.
    Err(failed(format!("the credential helper failed ({})", ended.status)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a17_a_missing_helper_is_an_error_with_its_name() {
        let error = ask("cache-test-not-there", "r.test").await.unwrap_err();
        assert!(error.to_string().contains("docker-credential-cache-test-not-there"), "{error}");
    }

    /// A helper that runs these lines, and what it says of `r.test`.
    #[cfg(unix)]
    async fn said(lines: &str, patience: Duration) -> Result<Option<Credential>> {
        let shell = Program { path: "/bin/sh".into(), patience, limit: MAX_ANSWER };
        run(&shell, &["-c", lines], "docker-credential-stub", "r.test").await
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn a17_a_helper_that_knows_nothing_is_passed_over_and_a_broken_one_is_named() {
        let answers = r#"read -r server; echo "{\"Username\": \"$server\", \"Secret\": \"pw\"}""#;
        let login = Credential::Password { user: "r.test".into(), password: Secret::new("pw") };
        assert_eq!(said(answers, PATIENCE).await.unwrap(), Some(login));
        assert_eq!(said("echo 'credentials not found in native keychain'; exit 1", PATIENCE).await.unwrap(), None);
        let moment = Duration::from_millis(100);
        for (broken, patience) in [
            ("echo hunter2; exit 1", PATIENCE),
            ("echo hunter2", PATIENCE),
            ("echo hunter2 >&2; exit 127", PATIENCE),
            ("exec sleep 60", moment),
            (r#"echo '{"Username": "u", "Secret": "hunter2"}'; yes '' | head -c 2000000"#, PATIENCE),
        ] {
            let error = said(broken, patience).await.unwrap_err();
            assert!(error.to_string().contains("docker-credential-stub"), "{error}");
            assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
        }
    }

    #[tokio::test]
    async fn a_helper_is_a_plain_word() {
        for name in ["", "../x", "a b", "a/b", "x;y"] {
            assert!(ask(name, "r.test").await.is_err(), "{name}");
        }
    }
}
