//! Requests held against a vendor's description in OpenAPI 2: address, parameters and body.

use serde_json::Value;

use super::specification;
use crate::http::testing::Call;

/// A description.
pub(in crate::registry) struct Description {
    document: Value,
    /// What stands before every path.
    base: String,
    name: &'static str,
}

impl Description {
    /// Reads a file of the shared specifications; `None`, and a line of output, where it is absent.
    pub(in crate::registry) fn read(path: &'static str) -> Option<Description> {
        let text = std::fs::read_to_string(specification(path)?).unwrap();
        let document: Value = match path.ends_with(".json") {
            true => serde_json::from_str(&text).unwrap(),
            false => {
                // A parameter is called `n`, which is no truth value.
                let options = serde_saphyr::options! { budget: None, strict_booleans: true };
                serde_saphyr::from_str_with_options(&text, options).unwrap()
            }
        };
        let base = document["basePath"].as_str().unwrap_or_default().trim_end_matches('/').to_owned();
        Some(Description { document, base, name: path })
    }

    /// What is wrong with a request, in words; nothing where it is as described.
    pub(in crate::registry) fn faults(&self, call: &Call) -> Vec<String> {
        super::replay::keep(self.name, call);
        let (path, query) = call.target.split_once('?').unwrap_or((&call.target, ""));
        let Some((item, operation)) = self.operation(&call.method, path) else {
            return vec![format!("{} {path} is not described", call.method)];
        };
        let own = operation["parameters"].as_array().into_iter().flatten();
        let shared = item["parameters"].as_array().into_iter().flatten();
        let parameters: Vec<&Value> = own.chain(shared).map(|parameter| self.resolve(parameter)).collect();
        let mut faults = Vec::new();
        let given: Vec<(String, String)> = query.split('&').filter(|pair| !pair.is_empty()).map(decoded).collect();
        for (name, value) in &given {
            match parameters.iter().find(|p| p["in"] == "query" && p["name"] == name.as_str()) {
                Some(parameter) => faults.extend(fault_of_text(parameter, name, value)),
                None => faults.push(format!("the parameter {name} is not described")),
            }
        }
        for parameter in &parameters {
            let name = parameter["name"].as_str().unwrap_or_default();
            let there = match parameter["in"].as_str() {
                Some("query") => given.iter().any(|(given, _)| given == name),
                Some("body") => !call.body.is_empty(),
                Some("formData") => String::from_utf8_lossy(&call.body).split('&').any(|pair| decoded(pair).0 == name),
                Some("header") => call.header(&name.to_ascii_lowercase()).is_some(),
                _ => true,
            };
            if parameter["required"] == true && !there {
                faults.push(format!("{name} is missing"));
            }
            if parameter["in"] == "body" && there {
                match serde_json::from_slice(&call.body) {
                    Ok(body) => self.check(&parameter["schema"], &body, name, &mut faults),
                    Err(e) => faults.push(format!("the body is no JSON: {e}")),
                }
            }
        }
        faults.into_iter().map(|fault| format!("{} {}: {fault}", call.method, call.target)).collect()
    }

    fn operation(&self, method: &str, path: &str) -> Option<(&Value, &Value)> {
        let path = path.strip_prefix(&self.base)?;
        let segments: Vec<&str> = path.split('/').collect();
        let method = method.to_ascii_lowercase();
        let fits = |template: &str| {
            let parts: Vec<&str> = template.split('/').collect();
            let same =
                |(part, segment): (&&str, &&str)| part == segment || (part.starts_with('{') && !segment.is_empty());
            (parts.len() == segments.len() && parts.iter().zip(&segments).all(same))
                .then(|| parts.iter().filter(|part| part.starts_with('{')).count())
        };
        let paths = self.document["paths"].as_object()?.iter();
        let fitting = paths.filter_map(|(template, item)| Some((fits(template)?, item, item.get(&method)?)));
        fitting.min_by_key(|(open, _, _)| *open).map(|(_, item, operation)| (item, operation))
    }

    fn resolve<'a>(&'a self, value: &'a Value) -> &'a Value {
        match value["$ref"].as_str().and_then(|reference| reference.strip_prefix('#')) {
            Some(pointer) => self.document.pointer(pointer).unwrap(),
            None => value,
        }
    }

    /// Checks a value; a field that is not described is a fault, since it is nearly always a misspelt one.
    pub(in crate::registry) fn check(&self, schema: &Value, value: &Value, place: &str, faults: &mut Vec<String>) {
        let schema = self.resolve(schema);
        let is = match (schema["type"].as_str(), value) {
            (Some("object"), value) => value.is_object(),
            (Some("array"), value) => value.is_array(),
            (Some("string"), value) => value.is_string(),
            (Some("integer"), value) => value.is_i64() || value.is_u64(),
            (Some("number"), value) => value.is_number(),
            (Some("boolean"), value) => value.is_boolean(),
            _ => true,
        };
        if !is {
            faults.push(format!("{place} is no {}: {value}", schema["type"]));
        }
        if schema["enum"].as_array().is_some_and(|words| !words.contains(value)) {
            faults.push(format!("{place} is none of {}: {value}", schema["enum"]));
        }
        for required in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            if value.get(required).is_none() {
                faults.push(format!("{place}.{required} is missing"));
            }
        }
        if let (Some(properties), Some(fields)) = (schema["properties"].as_object(), value.as_object()) {
            for (name, field) in fields {
                match (properties.get(name), &schema["additionalProperties"]) {
                    (Some(schema), _) => self.check(schema, field, &format!("{place}.{name}"), faults),
                    (None, Value::Object(_)) => {}
                    (None, _) => faults.push(format!("{place}.{name} is not described")),
                }
            }
        }
        for (index, item) in value.as_array().into_iter().flatten().enumerate() {
            self.check(&schema["items"], item, &format!("{place}[{index}]"), faults);
        }
        for part in schema["allOf"].as_array().into_iter().flatten() {
            self.check(part, value, place, faults);
        }
    }
}

fn fault_of_text(parameter: &Value, name: &str, value: &str) -> Option<String> {
    let number = value.parse::<i64>().ok();
    let wrong = match parameter["type"].as_str() {
        Some("integer") => {
            let beyond = |bound: &str, beyond: fn(i64, i64) -> bool| {
                parameter[bound].as_i64().zip(number).is_some_and(|(bound, number)| beyond(number, bound))
            };
            number.is_none() || beyond("maximum", |a, b| a > b) || beyond("minimum", |a, b| a < b)
        }
        Some("boolean") => value != "true" && value != "false",
        _ => parameter["enum"].as_array().is_some_and(|words| !words.iter().any(|word| word == value)),
    };
    wrong.then(|| format!("the parameter {name} may not be {value:?}"))
}

/// `name=value`, decoded once.
pub(in crate::registry) fn decoded(pair: &str) -> (String, String) {
    let text = |text: &str| String::from_utf8(crate::http::decode(&text.replace('+', " "))).unwrap();
    let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
    (text(name), text(value))
}
