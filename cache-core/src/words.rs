//! What serde finds wrong, in the words of whoever wrote the configuration or the file.

/// Whether the value that is wrong may stand in the message. One that stands in the wrong place may be a secret.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Values {
    Shown,
    Hidden,
}

/// No word that serde knows is longer. What is longer may be a token.
const MAX_WORD: usize = 24;

/// The message of serde, or of a reader on top of it, in other words. One that is not serde's own is left as it is.
pub(crate) fn in_words(message: &str, values: Values) -> String {
    let of = |start: &str| message.strip_prefix(start);
    // What is wrong may have any words in it; what is expected comes last, and has none of somebody else's.
    if let Some((found, expected)) = of("invalid type: ").and_then(|rest| rest.rsplit_once(", expected ")) {
        let expected = expected_in_words(expected);
        let is_one = expected.contains("number") && !found.starts_with("string ");
        return not(expected, &found_in_words(found, is_one, values));
    }
    if let Some((found, expected)) = of("invalid value: ").and_then(|rest| rest.rsplit_once(", expected ")) {
        return not(expected_in_words(expected), &found_in_words(found, true, values));
    }
    if let Some((_, kind)) = of("invalid length ").and_then(|rest| rest.rsplit_once(", expected ")) {
        let expected = expected_in_words(kind);
        return if expected == kind { message.to_owned() } else { not(expected, "a list") };
    }
    if let Some((word, known)) = of("unknown variant `").and_then(|rest| rest.rsplit_once("`, expected ")) {
        return match values == Values::Shown || is_word(word) {
            // A word that is nearly right helps whoever mistyped it.
            true => format!("unknown word `{word}`, expected {known}"),
            false => format!("unknown word, expected {known}"),
        };
    }
    // The reader of YAML says what it wanted, and mostly not what stands there.
    if let Some(kind) = of("invalid ").or_else(|| of("expected ")) {
        let expected = expected_in_words(kind);
        return if expected == kind { message.to_owned() } else { format!("expected {expected}") };
    }
    let in_words = match message {
        "cannot deserialize null into string; use Option<String>" => "expected text, not null",
        "externally tagged enum expected scalar or mapping" => "expected a word, or an object with one field",
        "unexpected value for unit enum variant" => "expected the word alone",
        _ => message,
    };
    in_words.to_owned()
}

fn not(expected: &str, found: &str) -> String {
    match expected.starts_with(found) {
        true => format!("expected {expected}"),
        false => format!("expected {expected}, not {found}"),
    }
}

fn is_word(text: &str) -> bool {
    text.len() <= MAX_WORD && text.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c))
}

/// What serde expects. What a reader of our own expects is said in words already.
fn expected_in_words(expected: &str) -> &str {
    match expected {
        "a string" | "a borrowed string" | "path string" | "string scalar" => "text",
        "a boolean" | "boolean" => "true or false",
        _ if expected.starts_with("boolean ") => "true or false",
        "u32" => "a whole number from 0 to 4294967295",
        "u64" | "usize" => "a whole number that is not negative",
        "a nonzero u32" | "a nonzero usize" => "a whole number from 1 on",
        "i64" => "a whole number",
        "f64" | "floating point" => "a number",
        "a sequence" | "sequence start" => "a list",
        "a map" | "mapping start" => "an object",
        "unit" => "the word alone",
        "string or map" => "a word, or an object with one field",
        "map with a single key" | "newtype variant" | "struct variant" => "an object with one field",
        _ if expected.starts_with("struct ") || expected.starts_with("internally tagged enum ") => "an object",
        _ => expected,
    }
}

/// What stands there. `is_one` where it is of the kind that is expected, and is wrong for another reason.
fn found_in_words(found: &str, is_one: bool, values: Values) -> String {
    let kinds = [("string ", "text"), ("integer ", "number"), ("floating point ", "number")];
    if let Some((value, kind)) = kinds.iter().find_map(|(start, kind)| Some((found.strip_prefix(*start)?, *kind))) {
        return match (values, kind, is_one) {
            (Values::Shown, ..) => value.to_owned(),
            (Values::Hidden, kind, true) => format!("this {kind}"),
            (Values::Hidden, "number", false) => "a number".to_owned(),
            (Values::Hidden, kind, false) => kind.to_owned(),
        };
    }
    match found {
        "sequence" => "a list".to_owned(),
        "map" => "an object".to_owned(),
        "unit value" => "null".to_owned(),
        "unit variant" => "a word alone".to_owned(),
        _ => found.strip_prefix("boolean ").unwrap_or(found).to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use serde_json::{Value, json};

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "lowercase")]
    #[allow(dead_code)]
    enum One {
        Word,
        Name(String),
        Both { name: String },
    }

    #[derive(Debug, Deserialize)]
    #[serde(tag = "kind", rename_all = "lowercase")]
    #[allow(dead_code)]
    enum Tagged {
        A { name: String },
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code)]
    struct Whole {
        name: Option<String>,
        path: Option<std::path::PathBuf>,
        flag: Option<bool>,
        small: Option<u32>,
        large: Option<u64>,
        list: Option<Vec<String>>,
        map: Option<std::collections::BTreeMap<String, String>>,
        one: Option<One>,
        tagged: Option<Tagged>,
        within: Option<Box<Whole>>,
    }

    fn wrong(value: Value, values: Values) -> String {
        in_words(&serde_json::from_value::<Whole>(value).unwrap_err().to_string(), values)
    }

    #[test]
    fn what_is_wrong_is_said_without_words_of_rust_and_without_the_value() {
        for (value, told) in [
            (json!({"name": {}}), "expected text, not an object"),
            (json!({"name": 53_637}), "expected text, not a number"),
            (json!({"path": ["s3cret"]}), "expected text, not a list"),
            (json!({"flag": "s3cret"}), "expected true or false, not text"),
            (json!({"name": true}), "expected text, not `true`"),
            (json!({"small": -1}), "expected a whole number from 0 to 4294967295, not this number"),
            (json!({"small": 5_000_000_000_u64}), "expected a whole number from 0 to 4294967295, not this number"),
            (json!({"large": "s3cret"}), "expected a whole number that is not negative, not text"),
            (json!({"large": 1.5}), "expected a whole number that is not negative, not this number"),
            (json!({"list": "s3cret"}), "expected a list, not text"),
            (json!({"list": [null]}), "expected text, not null"),
            (json!({"map": []}), "expected an object, not a list"),
            (json!({"within": "a \"s3cret\", expected struct Other"}), "expected an object, not text"),
            (json!({"within": ["s3cret"]}), "expected an object, not a list"),
            (json!({"tagged": "s3cret"}), "expected an object, not text"),
            (json!({"tagged": {"kind": "b"}}), "unknown word `b`, expected `a`"),
            (json!({"one": 7}), "expected a word, or an object with one field, not a number"),
            (json!({"one": {}}), "expected an object with one field"),
            (json!({"one": "name"}), "expected an object with one field, not a word alone"),
            (json!({"one": "wrod"}), "unknown word `wrod`, expected one of `word`, `name`, `both`"),
            (json!({"one": "s3cret`2, expected"}), "unknown word, expected one of `word`, `name`, `both`"),
            (json!({"one": "ghp_0123456789abcdefghijklmn"}), "unknown word, expected one of `word`, `name`, `both`"),
            (json!({"one": {"both": {}}}), "missing field `name`"),
        ] {
            assert_eq!(wrong(value.clone(), Values::Hidden), told, "{value}");
        }
    }

    #[test]
    fn a_value_is_shown_where_it_may_be() {
        for (value, told) in [
            (json!({"name": 7}), "expected text, not `7`"),
            (json!({"flag": "yes"}), "expected true or false, not \"yes\""),
            (json!({"one": "a b"}), "unknown word `a b`, expected one of `word`, `name`, `both`"),
        ] {
            assert_eq!(wrong(value.clone(), Values::Shown), told, "{value}");
        }
    }

    #[test]
    fn what_is_said_in_words_is_left_as_it_is() {
        let too_long = "invalid length 3, expected fewer elements in array";
        for said in ["a secret has to be a text", "expected text, not null", "invalid reference", too_long, ""] {
            assert_eq!(in_words(said, Values::Hidden), said);
        }
    }
}
