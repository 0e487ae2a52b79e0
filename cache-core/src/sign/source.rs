//! Where keys, passwords and tokens are found: a file, or a variable of the environment.

use std::path::Path;

use crate::error::{Error, Result};
use crate::files::read_text;
use crate::model::Secret;

/// What precedes the name of a variable.
const ENVIRONMENT: &str = "env://";
/// No key and no token is larger.
const MAX_TEXT: u64 = 1 << 20;

/// The text at `place`: the path of a file, or `env://NAME`.
pub(super) fn text(place: &str) -> Result<Secret> {
    match place.strip_prefix(ENVIRONMENT) {
        Some(name) => variable(name),
        None => file(Path::new(place)),
    }
}

/// The text of a variable. One that is empty is not there.
pub(crate) fn variable(name: &str) -> Result<Secret> {
    // What is no name of a variable may be what belongs into it.
    let is_name = name.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_');
    let at = |error: Error| match is_name {
        true => error.context("variable", name),
        false => error.hint("variables have names of capitals, digits and underscores"),
    };
    match std::env::var(name) {
        Ok(text) if !text.is_empty() => Ok(Secret::new(text)),
        Ok(_) | Err(std::env::VarError::NotPresent) => Err(at(Error::not_found("the variable is not set"))),
        Err(std::env::VarError::NotUnicode(_)) => Err(at(Error::invalid("the variable is not text"))),
    }
}

/// The text of a file.
pub(super) fn file(path: &Path) -> Result<Secret> {
    read_text(path, MAX_TEXT, |text| Secret::new(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;

    #[test]
    fn a_place_is_a_path_or_a_variable() {
        assert_eq!(text("env://PATH").unwrap().reveal(), std::env::var("PATH").unwrap());
        assert_eq!(text("env://CACHE_NO_SUCH_VARIABLE").unwrap_err().kind(), ErrorKind::NotFound);
        assert_eq!(text("/no/such/file").unwrap_err().kind(), ErrorKind::NotFound);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        std::fs::write(&path, "secret").unwrap();
        assert_eq!(text(path.to_str().unwrap()).unwrap().reveal(), "secret");
        std::fs::write(&path, [0xff, 0xfe]).unwrap();
        assert_eq!(text(path.to_str().unwrap()).unwrap_err().kind(), ErrorKind::Invalid);
        std::fs::File::create(&path).unwrap().set_len(MAX_TEXT + 1).unwrap();
        assert_eq!(text(path.to_str().unwrap()).unwrap_err().kind(), ErrorKind::Invalid);
    }
}
