//! Reading what comes from another language as plain data.

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::plain::Plain;
use crate::error::{Error, Result};
use crate::words::{Values, in_words};

/// Reads what came from another language as plain data.
///
/// # Errors
/// `Invalid`, which names the place, such as `registries[1].login.user`; `what` says whose it is, such as `request`.
pub fn read<T: DeserializeOwned>(what: &str, value: Value) -> Result<T> {
    part("", value).map_err(|wrong| {
        let wrong = wrong.strip_prefix('.').unwrap_or(&wrong);
        Error::invalid(format!("the {what} is not valid: {wrong}"))
    })
}

/// Reads the field `name` of something whose form depends on what else it has; all of it, where no name is given. What is wrong
/// begins with its place after a dot, so that it goes on from the place of the whole wherever that is read.
pub(super) fn part<T: DeserializeOwned>(name: &str, value: Value) -> Result<T, String> {
    serde_path_to_error::deserialize(Plain(value)).map_err(|error| {
        let wrong = in_words(&error.inner().to_string(), Values::Hidden);
        let wrong = match error.path().iter().len() {
            0 => wrong,
            _ => at(&error.path().to_string(), &wrong),
        };
        if name.is_empty() { wrong } else { at(name, &wrong) }
    })
}

fn at(place: &str, wrong: &str) -> String {
    match wrong.starts_with('.') {
        true => format!(".{place}{wrong}"),
        false => format!(".{place}: {wrong}"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::connect::{
        AskConfig, BuildConfig, GenerateConfig, PromoterConfig, RequestConfig, RetentionConfig, ScannerConfig,
        SignerConfig,
    };

    fn wrong(more: Value) -> String {
        let mut stated = json!({"source": "oci:a", "target": "oci:b", "environment": "e"});
        stated.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let error = read::<PromoterConfig>("configuration", stated).unwrap_err();
        let told = error.to_string();
        told.strip_prefix("the configuration is not valid: ").unwrap().to_owned()
    }

    #[test]
    fn what_is_wrong_has_its_place() {
        for (more, told) in [
            (json!({"polcy": 1}), "polcy: unknown field `polcy`, expected one of "),
            (json!({"approval": {"approvers": ["alice"]}}), "approval.approvers[0]: expected an object, not text"),
            (
                json!({"approval": {"maxAgeSeconds": -1}}),
                "approval.maxAgeSeconds: expected a whole number that is not ",
            ),
            (json!({"trustedKeys": [{"name": "k"}, {"pem": "p"}]}), "trustedKeys[1]: missing field `name`"),
            (json!({"network": "http://u:s3cret@p"}), "network: expected an object, not text"),
            (
                json!({"registries": [{"host": "a.test"}, {"host": "b.test", "login": {"username": "u"}}]}),
                "registries[1].login.username: unknown field `username`, expected one of `user`, `password`, ",
            ),
            (
                json!({"registries": [{"host": "a.test", "system": "quay"}]}),
                "registries[0].system: unknown word `quay`, expected one of `oci`, `harbor`, ",
            ),
        ] {
            assert!(wrong(more.clone()).starts_with(told), "{more}: {}", wrong(more.clone()));
        }
        let error = read::<PromoterConfig>("configuration", json!({})).unwrap_err();
        assert_eq!(error.to_string(), "the configuration is not valid: missing field `source`");
        let error = read::<PromoterConfig>("configuration", json!("s3cret")).unwrap_err();
        assert_eq!(error.to_string(), "the configuration is not valid: expected an object, not text");
    }

    /// A signer and a source of tokens are read by what stands in them.
    #[test]
    fn the_place_goes_on_within_what_has_several_forms() {
        for (signer, told) in [
            (json!("s3cret"), "signer: expected an object, not text"),
            (json!({"name": "k", "pem": ["s3cret"]}), "signer.pem: a secret has to be a text"),
            (json!({"name": "k", "publicKey": 7}), "signer.publicKey: expected text, not a number"),
            (json!({"program": "p", "arguments": "s3cret"}), "signer.arguments: expected a list, not text"),
            (
                json!({"keyless": "ambient", "services": {"rekor": [{"url": "https://log.test"}]}}),
                "signer.services.rekor[0]: missing field `version`",
            ),
            (json!({"keyless": {"file": 7}}), "signer.keyless.file: expected text, not a number"),
            (json!({"keyless": "s3cret"}), "signer.keyless: identity tokens come from "),
        ] {
            let told_now = wrong(json!({"signer": signer}));
            assert!(told_now.starts_with(told), "{told_now}");
        }
        let error = read::<SignerConfig>("signer", json!({"name": "k", "pem": 7})).unwrap_err();
        assert_eq!(error.to_string(), "the signer is not valid: pem: a secret has to be a text");
    }

    #[test]
    fn a_list_is_no_object() {
        for (more, told) in [
            (json!({"approval": []}), "approval: expected an object, not a list"),
            (json!({"approval": {"groups": []}}), "approval.groups: expected an object, not a list"),
            (json!({"approval": {"groups": {"g": [1, []]}}}), "approval.groups.g: expected an object, not a list"),
            (json!({"trustedKeys": [["k"]]}), "trustedKeys[0]: expected an object, not a list"),
            (json!({"signer": []}), "signer: expected an object, not a list"),
        ] {
            assert_eq!(wrong(more.clone()), told, "{more}");
        }
        let error = read::<PromoterConfig>("configuration", json!(["oci:a", "oci:b", "e"])).unwrap_err();
        assert_eq!(error.to_string(), "the configuration is not valid: expected an object, not a list");
        let config =
            json!({"repositories": [], "environment": "e", "policy": "p", "inventories": [{"kubernetes": []}]});
        let error = read::<RetentionConfig>("configuration", config).unwrap_err();
        let told = "the configuration is not valid: inventories[0].kubernetes: expected an object, not a list";
        assert_eq!(error.to_string(), told);
    }

    /// The file system says of an empty path that nothing is there, and nobody knows whose path that was.
    #[test]
    fn an_empty_path_is_named_by_its_field() {
        let told = |what: &str, error: Error| error.to_string().strip_prefix(what).unwrap().to_owned();
        let folder = read::<GenerateConfig>("request", json!({"folder": ""})).unwrap_err();
        assert_eq!(folder.kind(), crate::ErrorKind::Invalid);
        assert_eq!(told("the request is not valid: ", folder), "folder: a path is not empty");
        let database = read::<ScannerConfig>("scanner", json!({"database": ""})).unwrap_err();
        assert_eq!(told("the scanner is not valid: ", database), "database: a path is not empty");
        let build = read::<BuildConfig>("request", json!({"path": "db", "osv": ["a", ""]})).unwrap_err();
        assert_eq!(told("the request is not valid: ", build), "osv[1]: a path is not empty");
        assert_eq!(wrong(json!({"signer": {"keyless": {"file": ""}}})), "signer.keyless.file: a path is not empty");
        // A text that is no path may be empty.
        assert_eq!(read::<GenerateConfig>("request", json!({"platform": ""})).unwrap().platform.as_deref(), Some(""));
    }

    #[test]
    fn a_path_in_the_place_of_an_image_is_told_what_to_write() {
        let error = read::<GenerateConfig>("request", json!({"image": "/work/lay"})).unwrap_err().to_string();
        assert!(error.starts_with("the request is not valid: image: a path names no image"), "{error}");
        assert!(error.contains("write oci:PATH:TAG"), "{error}");
    }

    #[test]
    fn a_variant_is_part_of_the_place_and_of_what_has_a_kind_the_place_is_known() {
        let config = json!({"repositories": [], "environment": "e", "policy": "p",
                            "inventories": [{"kubernetes": {"name": 7}}]});
        let error = read::<RetentionConfig>("configuration", config).unwrap_err();
        let told = "the configuration is not valid: inventories[0].kubernetes.name: expected text, not a number";
        assert_eq!(error.to_string(), told);
        let request = json!({"from": "oci:a:v1", "to": "oci:b:v1", "requester": "ci", "attach": [{"kind": "sbom"}]});
        let error = read::<RequestConfig>("request", request).unwrap_err();
        assert_eq!(error.to_string(), "the request is not valid: attach[0]: missing field `mediaType`");
        let error = read::<AskConfig>("configuration", json!({"ask": [{"kind": "mail"}]})).unwrap_err();
        let told = "the configuration is not valid: ask[0].kind: unknown word `mail`, expected one of `slack`, ";
        assert!(error.to_string().starts_with(told), "{error}");
    }
}
