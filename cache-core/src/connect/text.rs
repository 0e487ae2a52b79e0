//! What is given as its text, or as the path of a file with it.

use std::path::Path;

use crate::error::{Error, Result};
use crate::files;

/// No policy, no root and no certificate is larger.
const MAX_TEXT: u64 = 16 << 20;

/// What `read` makes of a text, which is stated itself or by its path. `what` it is stands before the path in errors.
pub(super) fn text_or_file<T>(what: &'static str, stated: &str, read: impl FnOnce(&str) -> Result<T>) -> Result<T> {
    match is_text(stated) {
        true => read(stated),
        false if stated.trim().is_empty() => {
            Err(Error::invalid(format!("the {what} is empty: it is stated as text, or as the path of a file")))
        }
        false => files::read_text(Path::new(stated), MAX_TEXT, read)?.map_err(|e| e.context(what, stated)),
    }
}

/// Whether it is the text itself and no path: it has several lines, a key of YAML, or begins as JSON or PEM do.
pub(super) fn is_text(stated: &str) -> bool {
    stated.contains('\n')
        || stated.contains(": ")
        || stated.contains("-----BEGIN")
        || stated.trim_start().starts_with('{')
}

/// The bytes of a file.
pub(super) fn read_bytes(path: &Path, limit: u64) -> Result<Vec<u8>> {
    match path.as_os_str().is_empty() {
        true => Err(Error::invalid("\"path\" is empty")),
        false => files::read_limited(path, limit),
    }
}

/// The text of a file.
pub(super) fn read_text(path: &Path) -> Result<String> {
    files::read_text(path, MAX_TEXT, str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;

    #[test]
    fn a_text_is_told_from_a_path() {
        for text in ["a: b", "a:\n  b\n", "{}", " \t{\"a\":1}", "-----BEGIN PUBLIC KEY-----", "# a comment\n"] {
            assert!(is_text(text), "{text}");
        }
        for path in ["policy.yaml", "a folder/policy.yaml", r"C:\policy.yaml", "env://POLICY", ""] {
            assert!(!is_text(path), "{path}");
        }
    }

    #[test]
    fn what_is_wrong_with_a_file_names_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("policy.yaml");
        let stated = path.to_str().unwrap();
        let refused = |stated: &str| text_or_file::<()>("policy", stated, |_| Err(Error::invalid("no"))).unwrap_err();
        assert!(refused(stated).is_not_found());
        std::fs::write(&path, "text").unwrap();
        assert_eq!(refused(stated).to_string(), format!("no (policy: {stated})"));
        assert_eq!(refused("a: b").to_string(), "no");
        for nothing in ["", " "] {
            let empty = refused(nothing);
            assert_eq!(empty.kind(), ErrorKind::Invalid);
            assert!(empty.to_string().starts_with("the policy is empty"), "{empty}");
        }
        assert_eq!(read_bytes(Path::new(""), 9).unwrap_err().to_string(), "\"path\" is empty");
        assert_eq!(text_or_file("policy", stated, |text| Ok(text.len())).unwrap(), 4);
    }
}
