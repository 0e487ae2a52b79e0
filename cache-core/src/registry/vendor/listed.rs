//! Lists in a vendor's answers.

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::error::{Error, Result};

/// The entries of a list. Where there are none, vendors write `null`, or leave the list out with nothing but `beside` next to
/// it; an answer that says something else instead is no list, such as one of a gateway.
///
/// # Errors
/// `Unavailable`
pub(in crate::registry) fn entries<T: DeserializeOwned>(page: Value, field: &str, beside: &[&str]) -> Result<Vec<T>> {
    let no_list = || Error::unavailable("the answer is not the list that it should be").context("field", field);
    let Value::Object(mut fields) = page else { return Err(no_list()) };
    match fields.remove(field) {
        Some(Value::Null) => Ok(Vec::new()),
        Some(list) => serde_json::from_value(list).map_err(|e| no_list().caused_by(e)),
        None if fields.keys().all(|name| beside.contains(&name.as_str())) => Ok(Vec::new()),
        None => Err(no_list()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_list_that_is_left_out_is_empty_unless_something_else_is_said() {
        let read = |page: Value| entries::<String>(page, "tags", &["registry"]);
        assert_eq!(read(json!({"registry": "r", "tags": ["a"], "more": 1})).unwrap(), ["a"]);
        for none in [json!({"tags": []}), json!({"tags": null}), json!({"registry": "r"}), json!({})] {
            assert!(read(none).unwrap().is_empty());
        }
        for other in [json!({"message": "try later"}), json!({"tags": "a"}), json!([]), json!(null), json!("a")] {
            assert_eq!(read(other).unwrap_err().kind(), crate::ErrorKind::Unavailable);
        }
    }
}
