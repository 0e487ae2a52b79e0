//! The entries of `registries`, looked at before one of them is used: what is wrong with one would else show late, or never.

use super::RegistryConfig;
use super::registry::any_of;
use crate::error::{Error, Result};

/// Refuses an entry that is for no host, or says what is not its system's, and a second one for a host.
pub(super) fn check(registries: &[RegistryConfig]) -> Result<()> {
    let mut hosts: Vec<String> = Vec::new();
    for (at, entry) in registries.iter().enumerate() {
        // What stands there may be an address with a login.
        let host = any_of(&entry.host).map(|any| any.host().to_owned()).map_err(|_| {
            let error = Error::invalid("the host of an entry is none").context("entry", place(at));
            error.hint("write it as name or name:port, as in the names of its images")
        })?;
        entry.check().map_err(|e| e.context("entry", place(at)))?;
        if let Some(first) = hosts.iter().position(|known| *known == host) {
            let error = Error::invalid("two entries are for one host").context("registry", host);
            return Err(error.context("entry", place(first)).context("other", place(at)));
        }
        hosts.push(host);
    }
    Ok(())
}

fn place(at: usize) -> String {
    format!("registries[{at}]")
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::connect::{RegistriesConfig, open_source_of, read};
    use crate::model::Repository;
    use crate::registry::Network;

    fn entries(entries: &Value) -> Vec<RegistryConfig> {
        serde_json::from_value(entries.clone()).unwrap()
    }

    fn refused(stated: &Value) -> String {
        check(&entries(stated)).unwrap_err().to_string()
    }

    #[test]
    fn what_is_wrong_with_an_entry_is_said_and_names_it() {
        for (stated, told) in [
            (
                json!([{"host": "a.test"}, {"host": "b.test:5000"}, {"host": "A.test"}]),
                "two entries are for one host (registry: a.test, entry: registries[0], other: registries[2])",
            ),
            (
                json!([{"host": "index.docker.io"}, {"host": "docker.io"}]),
                "two entries are for one host (registry: docker.io, entry: registries[0], other: registries[1])",
            ),
            (
                json!([{"host": "a.test"}, {"host": "b.test", "system": "harbor", "key": "docker"}]),
                "\"key\" is no option of harbor (registry: b.test, entry: registries[1])",
            ),
            (
                json!([{"host": "name.azurecr.io", "resourceId": "/subscriptions/s"}]),
                "\"resourceId\" is no option of oci (registry: name.azurecr.io, entry: registries[0])",
            ),
            (
                json!([{"host": "a.test", "createOnPush": true}]),
                "\"createOnPush\" is no option of oci (registry: a.test, entry: registries[0])",
            ),
        ] {
            assert_eq!(refused(&stated), told);
        }
        for host in ["", "name", "https://ci:s3cret@a.test", "ci:s3cret@a.test", "a.test/team", "a b.test"] {
            assert_eq!(
                refused(&json!([{"host": host}])),
                "the host of an entry is none (entry: registries[0])",
                "{host}"
            );
        }
        let error = check(&entries(&json!([{"host": "a.test", "key": "docker"}]))).unwrap_err();
        assert_eq!(error.hint_text(), Some("\"key\" is for artifactory: say which \"system\" the host is"));
        let good = json!([
            {"host": "a.test"}, {"host": "a.test:5000", "system": "harbor", "api": "https://api.test"},
            {"host": "localhost", "system": "ecr", "profile": "p", "account": "1", "region": "r", "createOnPush": true},
            {"host": "docker.io"}, {"host": "b.test", "system": "artifactory", "key": "k", "api": "https://api.test"},
        ]);
        check(&entries(&good)).unwrap();
    }

    #[test]
    fn every_way_to_open_looks_at_all_entries() {
        let twice = json!([{"host": "a.test"}, {"host": "a.test"}]);
        let told = |error: Error| assert!(error.to_string().starts_with("two entries are for one host"), "{error}");
        let repository = Repository::parse("oci:a").unwrap();
        told(open_source_of(&repository, &entries(&twice), Network::default()).unwrap_err());
        told(read::<RegistriesConfig>("registries", json!({"registries": twice})).unwrap().open().unwrap_err());
    }
}
