//! The names of files as text.

/// A path as text, of whatever bytes it is. No two paths are the same text, or one could hide the other: a byte that is not UTF-8
/// is written as `\xFF`, and so is the backslash of a path that has such letters itself.
pub(super) fn text(path: &[u8]) -> String {
    let mut text = String::with_capacity(path.len());
    for chunk in path.utf8_chunks() {
        let mut rest = chunk.valid();
        while let Some((before, after)) = rest.split_once('\\') {
            text.push_str(before);
            text.push_str(if looks_escaped(after) { r"\x5C" } else { r"\" });
            rest = after;
        }
        text.push_str(rest);
        for byte in chunk.invalid() {
            text.push_str(&format!(r"\x{byte:02X}"));
        }
    }
    text
}

/// Whether what follows a backslash is what is written for a byte. Others, such as the `\x2d` of systemd, stay as they are.
fn looks_escaped(after: &str) -> bool {
    matches!(
        after.as_bytes(),
        [b'x', b'5', b'C', ..] | [b'x', b'8' | b'9' | b'A'..=b'F', b'0'..=b'9' | b'A'..=b'F', ..]
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_text_as_it_is_and_its_other_bytes_are_written_out() {
        let cases: [(&[u8], &str); 11] = [
            (b"", ""),
            (b"usr/lib/a.jar", "usr/lib/a.jar"),
            ("ü/文".as_bytes(), "ü/文"),
            (b"a\xff.jar", r"a\xFF.jar"),
            (b"a\xfe.jar", r"a\xFE.jar"),
            (b"\xe6\x96", r"\xE6\x96"),
            (br"a\xFF.jar", r"a\x5CxFF.jar"),
            (br"a\x5CxFF.jar", r"a\x5Cx5CxFF.jar"),
            (br"dev-disk-by\x2dlabel\x20a.swap", r"dev-disk-by\x2dlabel\x20a.swap"),
            (b"\\\xff\\x\xff\\", r"\\xFF\x\xFF\"),
            ("\u{fffd}".as_bytes(), "\u{fffd}"),
        ];
        for (path, expected) in cases {
            assert_eq!(text(path), expected);
        }
    }

    #[test]
    fn no_two_paths_are_the_same_text() {
        let alphabet: [&[u8]; 7] = [b"\\", b"x", b"5", b"C", b"F", b"\xff", b"\x85"];
        let mut paths: Vec<Vec<u8>> = vec![Vec::new()];
        for _ in 0..5 {
            let longer = |path: &Vec<u8>| alphabet.map(|part| [path.as_slice(), part].concat());
            paths = paths.iter().flat_map(longer).chain([Vec::new()]).collect();
        }
        let texts: std::collections::HashSet<String> = paths.iter().map(|path| text(path)).collect();
        assert_eq!(texts.len(), paths.len());
    }
}
