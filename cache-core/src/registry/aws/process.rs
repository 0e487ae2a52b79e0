//! Keys that a program gives (AWS SDKs and Tools Reference Guide, "Process credential provider").

use std::time::Duration;

use super::keys::{Given, Keys};
use crate::error::{Error, Result};
use crate::model::Secret;
use crate::program::Program;
use crate::registry::vendor::parse;

/// It may ask a person, or a cloud.
const PATIENCE: Duration = Duration::from_secs(60);
const MAX_ANSWER: u64 = 1 << 20;

/// Runs the command of a profile. No shell takes part: the command is words, of which some may stand in quotes.
pub(super) async fn keys(command: &Secret) -> Result<Keys> {
    let words = words(command.reveal()).ok_or_else(|| Error::invalid("the credential_process is no command"))?;
    let Some((program, arguments)) = words.split_first() else {
        return Err(Error::invalid("the credential_process is empty"));
    };
    let asked = Program { path: program.into(), patience: PATIENCE, limit: MAX_ANSWER };
    let about = |error: Error| error.context("program", program);
    // What it says may be a secret, and so may be what it is asked with: neither is shown.
    let said = asked.run(arguments, &[]).await.map_err(|error| {
        about(Error::unauthenticated(format!("the credential_process gives no keys ({})", error.kind())))
    })?;
    let given: Versioned =
        parse(&said).map_err(|_| about(Error::unauthenticated("its answer is not the JSON it should be")))?;
    if given.version != 1 {
        return Err(about(Error::unsupported("its answer has a version that is not known")));
    }
    Ok(given.keys.into())
}

#[derive(serde::Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Versioned {
    version: u32,
    #[serde(flatten)]
    keys: Given,
}

/// Words apart by space, with quotes around some, as the AWS tools part them; `None` where a quote does not end.
fn words(command: &str) -> Option<Vec<String>> {
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
    let mut letters = command.chars();
    while let Some(letter) = letters.next() {
        match (letter, quote) {
            (_, Some(open)) if letter == open => quote = None,
            ('\\', None | Some('"')) if cfg!(not(windows)) => word.get_or_insert_default().push(letters.next()?),
            (_, Some(_)) => word.get_or_insert_default().push(letter),
            ('"' | '\'', None) => {
                quote = Some(letter);
                word.get_or_insert_default();
            }
            (_, None) if letter.is_whitespace() => words.extend(word.take()),
            (_, None) => word.get_or_insert_default().push(letter),
        }
    }
    words.extend(word);
    quote.is_none().then_some(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_words_and_quotes() {
        let parted = |text: &str| words(text).map(|words| words.join("|"));
        assert_eq!(
            parted(r#"  /opt/bin/helper  --name "a b"'c' d\ e """#).as_deref(),
            Some("/opt/bin/helper|--name|a bc|d e|")
        );
        assert_eq!(parted("a $(b) `c` ;d").as_deref(), Some("a|$(b)|`c`|;d"));
        assert_eq!((parted("a 'b"), parted("a \\"), parted(" ").as_deref()), (None, None, Some("")));
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn a_program_gives_keys_or_is_named_without_what_it_said() {
        let run = |script: &str| Secret::new(format!("/bin/sh -c '{script}'"));
        let answer = r#"echo "{\"Version\": 1, \"AccessKeyId\": \"P\", \"SecretAccessKey\": \"s\", \"SessionToken\": \"t\", \"Expiration\": \"2026-01-01T06:00:00Z\"}""#;
        let found = keys(&run(answer)).await.unwrap();
        assert_eq!((&found.id[..], found.session), ("P", Some(Secret::new("t"))));
        assert_eq!(found.expires.map(|end| end.to_string()).as_deref(), Some("2026-01-01T06:00:00Z"));
        for broken in ["echo hunter2 >&2; exit 1", "echo hunter2", &answer.replace(": 1", ": 2"), "exit 0"] {
            let error = keys(&run(broken)).await.unwrap_err();
            assert!(format!("{error:?}").contains("/bin/sh") && !format!("{error:?}").contains("hunter2"), "{error:?}");
        }
        assert!(keys(&Secret::new("/no/such/program")).await.is_err() && keys(&Secret::new("")).await.is_err());
    }
}
