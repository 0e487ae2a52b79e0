//! Names inside a tar file.

use crate::error::{Error, Result};

/// A name in its one form: parts joined by `/`, without `.` and empty parts. Empty for the root folder.
///
/// Nothing is unpacked, so a name that leads outside could do no harm here; but no honest tool writes one, and whoever
/// unpacks the same file would be hit.
pub(super) fn normal(name: &str) -> Result<String> {
    if name.starts_with('/') || name.split('/').any(|part| part == "..") {
        return Err(Error::invalid("the archive names a file outside of itself").context("name", format!("{name:?}")));
    }
    Ok(name.split('/').filter(|part| !matches!(*part, "" | ".")).collect::<Vec<_>>().join("/"))
}

/// Where a symbolic link in the folder of `link` leads. `None` where that is outside of the archive.
pub(super) fn linked(link: &str, target: &str) -> Option<String> {
    if target.starts_with('/') {
        return None;
    }
    let mut parts: Vec<&str> = link.split('/').collect();
    parts.pop();
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            _ => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_one_form() {
        for (name, form) in [("a/b", "a/b"), ("./a/b", "a/b"), ("././a//b/", "a/b"), ("./", ""), ("..a/b..", "..a/b..")]
        {
            assert_eq!(normal(name).unwrap(), form);
        }
        for name in ["/a", "../a", "a/../b", "a/.."] {
            assert_eq!(normal(name).unwrap_err().kind(), crate::ErrorKind::Invalid, "{name}");
        }
    }

    #[test]
    fn links_stay_inside() {
        assert_eq!(linked("x/layer.tar", "../y/layer.tar").unwrap(), "y/layer.tar");
        assert_eq!(linked("x/layer.tar", "./other.tar").unwrap(), "x/other.tar");
        assert_eq!(linked("top", "y/layer.tar").unwrap(), "y/layer.tar");
        for (link, target) in [("x/a", "../../b"), ("a", "../b"), ("x/a", "/b")] {
            assert_eq!(linked(link, target), None, "{link} {target}");
        }
    }
}
