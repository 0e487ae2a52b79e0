//! Percent encoding as purls have it: letters, digits, `.-_~` and the colon stand for themselves.

use std::borrow::Cow;
use std::fmt::{self, Write};

/// Writes `text`, encoded.
pub(super) fn encode(text: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let mut rest = text;
    while let Some(at) = rest.bytes().position(|byte| !stands(byte)) {
        // The bytes before are ASCII, so both ends are between characters as soon as the whole character is taken.
        let (before, after) = rest.split_at(at);
        f.write_str(before)?;
        let mut characters = after.chars();
        let mut buffer = [0; 4];
        for byte in characters.next().map(|c| c.encode_utf8(&mut buffer).bytes()).into_iter().flatten() {
            write!(f, "%{byte:02X}")?;
        }
        rest = characters.as_str();
    }
    f.write_str(rest)
}

/// Writes a path, its segments encoded.
pub(super) fn encode_path(path: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    for (at, segment) in path.split('/').enumerate() {
        if at > 0 {
            f.write_char('/')?;
        }
        encode(segment, f)?;
    }
    Ok(())
}

fn stands(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b'~' | b':')
}

/// Decodes; none where a percent sign begins no code, or the bytes are no UTF-8.
pub(crate) fn decode(text: &str) -> Option<Cow<'_, str>> {
    if !text.contains('%') {
        return Some(Cow::Borrowed(text));
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, more @ ..] = rest {
        rest = more;
        bytes.push(match (first, more) {
            (b'%', [high, low, more @ ..]) => {
                rest = more;
                let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
                digit(*high)? << 4 | digit(*low)?
            }
            (b'%', _) => return None,
            (byte, _) => *byte,
        });
    }
    String::from_utf8(bytes).ok().map(Cow::Owned)
}
