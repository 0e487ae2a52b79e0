//! The canonical JSON that TUF signs (OLPC): sorted keys, no spaces, whole numbers, and in strings only quotes and
//! backslashes escaped.

use serde_json::Value;

use crate::error::{Error, Result};

pub(in crate::sign) fn canonical(value: &Value) -> Result<Vec<u8>> {
    let mut out = Vec::new();
    write(value, &mut out)?;
    Ok(out)
}

/// The parser that made the value does not nest deeper than 128.
fn write(value: &Value, out: &mut Vec<u8>) -> Result<()> {
    match value {
        Value::Null => out.extend_from_slice(b"null"),
        Value::Bool(true) => out.extend_from_slice(b"true"),
        Value::Bool(false) => out.extend_from_slice(b"false"),
        Value::Number(number) if number.is_i64() || number.is_u64() => {
            out.extend_from_slice(number.to_string().as_bytes());
        }
        Value::Number(number) => return Err(Error::invalid(format!("{number} has no canonical form"))),
        Value::String(text) => string(text, out),
        Value::Array(items) => {
            out.push(b'[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    out.push(b',');
                }
                write(item, out)?;
            }
            out.push(b']');
        }
        Value::Object(fields) => {
            out.push(b'{');
            let mut sorted: Vec<_> = fields.iter().collect();
            sorted.sort_by_key(|(key, _)| *key);
            for (at, (key, field)) in sorted.into_iter().enumerate() {
                if at > 0 {
                    out.push(b',');
                }
                string(key, out);
                out.push(b':');
                write(field, out)?;
            }
            out.push(b'}');
        }
    }
    Ok(())
}

fn string(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    for byte in text.bytes() {
        if matches!(byte, b'"' | b'\\') {
            out.push(b'\\');
        }
        out.push(byte);
    }
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_sorted_and_control_characters_stay() {
        let value = serde_json::json!({"b": [1, true, null], "a": "x\n\"\\ä"});
        assert_eq!(canonical(&value).unwrap(), "{\"a\":\"x\n\\\"\\\\ä\",\"b\":[1,true,null]}".as_bytes());
        assert!(canonical(&serde_json::json!(1.5)).is_err());
    }
}
