//! Requests held against AWS's own description of ECR: every field is described, and what it may be.

use serde_json::Value;

use crate::registry::vendor::tests::specification;

pub(super) struct Shapes(Value);

impl Shapes {
    /// Reads the description; `None`, and a line of output, where it is absent.
    pub(super) fn read() -> Option<Shapes> {
        let path = specification("aws-ecr/ecr-service-2.json")?;
        Some(Shapes(serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()))
    }

    /// What is wrong with a request.
    pub(super) fn faults(&self, operation: &str, body: &Value) -> Vec<String> {
        self.of(operation, "input", body)
    }

    /// What is wrong with an answer, which the fake must not get wrong either.
    pub(super) fn faults_of_answer(&self, operation: &str, body: &Value) -> Vec<String> {
        // Lists have their least length when they are sent; an answer may have nothing to say.
        self.of(operation, "output", body).into_iter().filter(|fault| !fault.ends_with("may not be []")).collect()
    }

    fn of(&self, operation: &str, side: &str, body: &Value) -> Vec<String> {
        let mut faults = Vec::new();
        match self.0["operations"][operation][side]["shape"].as_str() {
            Some(shape) => self.check(shape, body, operation, &mut faults),
            None => faults.push(format!("{operation} is not described")),
        }
        faults
    }

    fn check(&self, shape: &str, value: &Value, place: &str, faults: &mut Vec<String>) {
        let shape = &self.0["shapes"][shape];
        let within = |length: usize| {
            let bound = |name: &str| shape[name].as_u64().map(|bound| usize::try_from(bound).unwrap());
            bound("min").is_none_or(|min| length >= min) && bound("max").is_none_or(|max| length <= max)
        };
        let good = match (shape["type"].as_str().unwrap(), value) {
            ("structure", Value::Object(fields)) => {
                for (name, field) in fields {
                    match shape["members"][name]["shape"].as_str() {
                        Some(member) => self.check(member, field, &format!("{place}.{name}"), faults),
                        None => faults.push(format!("{place}.{name} is not described")),
                    }
                }
                let required = shape["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
                faults.extend(
                    required
                        .filter(|name| !fields.contains_key(*name))
                        .map(|name| format!("{place}.{name} is missing")),
                );
                true
            }
            ("list", Value::Array(items)) => {
                for item in items {
                    self.check(shape["member"]["shape"].as_str().unwrap(), item, &format!("{place}[]"), faults);
                }
                within(items.len())
            }
            ("map", Value::Object(_)) => true,
            ("string", Value::String(text)) => {
                let pattern = shape["pattern"].as_str().map(|p| regex::Regex::new(&format!("^(?:{p})$")).unwrap());
                let word = shape["enum"].as_array().is_none_or(|words| words.contains(value));
                within(text.chars().count()) && word && pattern.is_none_or(|pattern| pattern.is_match(text))
            }
            ("integer" | "long", Value::Number(number)) => {
                number.as_u64().is_some_and(|number| within(usize::try_from(number).unwrap()))
            }
            ("boolean", Value::Bool(_)) => true,
            ("timestamp" | "double", Value::Number(_)) => true,
            _ => false,
        };
        if !good {
            faults.push(format!("{place} may not be {value}"));
        }
    }
}
