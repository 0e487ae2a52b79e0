//! JUnit's XML, as Jenkins and GitLab read it: a suite for each gate with its reasons, and one with the vulnerabilities.

use std::io;

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};

use super::words;
use crate::error::{Error, Result};
use crate::gate::{Assessment, Vulnerability};
use crate::model::{Outcome, Reason, Verdict};
use crate::visible;

/// A test, and what came of it.
struct Case {
    class: String,
    name: String,
    result: Answer,
}

enum Answer {
    Passed,
    Said(String),
    Skipped(String),
    Failed { kind: String, message: String },
    Errored { kind: String, message: String },
}

struct Suite {
    name: String,
    cases: Vec<Case>,
}

pub(super) fn write(assessment: &Assessment) -> Result<Vec<u8>> {
    let mut suites: Vec<Suite> = std::iter::once(&assessment.verdict).chain(&assessment.gates).map(of_gate).collect();
    suites.insert(
        1,
        Suite { name: "vulnerabilities".to_owned(), cases: assessment.vulnerabilities.iter().map(of_one).collect() },
    );
    let mut out = Vec::new();
    document(&mut out, &suites, assessment)
        .map_err(|e| Error::unexpected("the report cannot be written").caused_by(e))?;
    out.push(b'\n');
    Ok(out)
}

fn of_gate(verdict: &Verdict) -> Suite {
    let case = |reason: &Reason| Case {
        class: verdict.gate.clone(),
        name: reason.code.clone(),
        result: match reason.outcome {
            Outcome::Pass => Answer::Passed,
            Outcome::Warn => Answer::Said(format!("warning: {}", reason.message)),
            Outcome::Excepted => Answer::Skipped(reason.message.clone()),
            Outcome::Fail => Answer::Failed { kind: reason.code.clone(), message: reason.message.clone() },
            Outcome::Error => Answer::Errored { kind: reason.code.clone(), message: reason.message.clone() },
        },
    };
    Suite { name: verdict.gate.clone(), cases: verdict.reasons.iter().map(case).collect() }
}

fn of_one(one: &Vulnerability) -> Case {
    let fix = words::fix(one);
    let message = format!("{}, {}", one.severity, if fix.is_empty() { "no fix is known" } else { &fix });
    Case {
        class: one.purls.first().unwrap_or(&one.package).clone(),
        name: format!("{} in {} {}", one.id, one.package, words::versions(one)),
        result: match words::why_not(one) {
            Some(why) => Answer::Skipped(why),
            None if one.blocks.is_empty() => Answer::Said(message),
            None => Answer::Failed {
                kind: one.severity.to_string(),
                message: format!("{message}; {}", one.blocks.join(", ")),
            },
        },
    }
}

impl Suite {
    fn count(&self, is_one: fn(&Answer) -> bool) -> String {
        self.cases.iter().filter(|case| is_one(&case.result)).count().to_string()
    }

    fn failures(&self) -> String {
        self.count(|answer| matches!(answer, Answer::Failed { .. }))
    }

    fn errors(&self) -> String {
        self.count(|answer| matches!(answer, Answer::Errored { .. }))
    }
}

/// Attributes and text are escaped by the writer; what XML cannot have at all is gone before.
fn document(out: &mut Vec<u8>, suites: &[Suite], assessment: &Assessment) -> io::Result<()> {
    let mut xml = Writer::new_with_indent(out, b' ', 2);
    xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let sum = |count: fn(&Suite) -> String| {
        suites.iter().map(|suite| count(suite).parse::<usize>().unwrap_or(0)).sum::<usize>().to_string()
    };
    let subject = words::subject(assessment);
    let all = [
        ("name", subject.clone()),
        ("tests", sum(|suite| suite.cases.len().to_string())),
        ("failures", sum(Suite::failures)),
        ("errors", sum(Suite::errors)),
    ];
    let time = assessment.at.to_string();
    let time = time.trim_end_matches('Z');
    xml.create_element("testsuites")
        .with_attributes(all.iter().map(|(name, value)| (*name, value.as_str())))
        .write_inner_content(|xml| suites.iter().try_for_each(|suite| self::suite(xml, suite, &subject, time)))?;
    Ok(())
}

fn suite(xml: &mut Writer<&mut Vec<u8>>, suite: &Suite, subject: &str, time: &str) -> io::Result<()> {
    let all = [
        ("name", visible::line(&suite.name).into_owned()),
        ("hostname", "cache".to_owned()),
        ("timestamp", time.to_owned()),
        ("tests", suite.cases.len().to_string()),
        ("failures", suite.failures()),
        ("errors", suite.errors()),
        ("skipped", suite.count(|answer| matches!(answer, Answer::Skipped(_)))),
        ("time", "0".to_owned()),
    ];
    let element = xml.create_element("testsuite");
    element.with_attributes(all.iter().map(|(name, value)| (*name, value.as_str()))).write_inner_content(|xml| {
        xml.create_element("properties").write_inner_content(|xml| {
            xml.create_element("property").with_attributes([("name", "image"), ("value", subject)]).write_empty()?;
            Ok(())
        })?;
        suite.cases.iter().try_for_each(|one| case(xml, one))
    })?;
    Ok(())
}

fn case(xml: &mut Writer<&mut Vec<u8>>, case: &Case) -> io::Result<()> {
    let (class, name) = (visible::line(&case.class), visible::line(&case.name));
    let element = xml.create_element("testcase");
    let element = element.with_attributes([("classname", &*class), ("name", &*name), ("time", "0")]);
    let (inner, kind, message) = match &case.result {
        Answer::Passed => return element.write_empty().map(|_| ()),
        Answer::Said(message) => ("system-out", None, message),
        Answer::Skipped(message) => ("skipped", None, message),
        Answer::Failed { kind, message } => ("failure", Some(kind), message),
        Answer::Errored { kind, message } => ("error", Some(kind), message),
    };
    let (kind, message) = (kind.map(|kind| visible::line(kind)), visible::line(message));
    element.write_inner_content(|xml| {
        let element = xml.create_element(inner);
        let element = match (inner, &kind) {
            ("system-out", _) => element,
            (_, Some(kind)) => element.with_attributes([("message", &*message), ("type", &**kind)]),
            (_, None) => element.with_attributes([("message", &*message)]),
        };
        match inner {
            "skipped" => element.write_empty()?,
            _ => element.write_text_content(BytesText::new(&message))?,
        };
        Ok(())
    })?;
    Ok(())
}
