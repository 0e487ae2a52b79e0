use std::collections::BTreeMap;

use super::*;
use crate::error::ErrorKind;
use crate::sign::{COSIGN_SIGN_TYPE, ImageSignature};

/// A signature of the image by a key of its own.
pub(super) fn signature(annotations: &[(&str, &str)]) -> Attached<Verified<ImageSignature>> {
    let Attached { value, digest, about, found, by } = signed("image", COSIGN_SIGN_TYPE, &Value::Null);
    let annotations = annotations.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    let value = value.map(|_| ImageSignature { digest: about.clone(), annotations });
    Attached { value, digest, about, found, by }
}

fn with(signatures: Vec<Attached<Verified<ImageSignature>>>) -> Evidence {
    Evidence { signatures, ..single() }
}

#[test]
fn different_signers_are_counted_and_nobody_twice() {
    let two = SignatureGate { signers: 2, ..SignatureGate::default() };
    let one = signature(&[]);
    let verdict = judge(&two, &with(vec![one.clone(), one.clone()]));
    assert_eq!(outcome(&verdict, "too-few-signers"), Outcome::Fail);
    assert!(judge(&two, &with(vec![one.clone(), signature(&[])])).allows());
    let none = SignatureGate { signers: 0, ..SignatureGate::default() };
    assert_eq!(outcome(&judge(&none, &single()), "no-signature"), Outcome::Fail);
    assert!(judge(&none, &with(vec![one])).allows());
}

#[test]
fn annotations_are_demanded_of_each_signature_that_counts() {
    let annotations = BTreeMap::from([("env".to_owned(), "prod".to_owned())]);
    let gate = SignatureGate { annotations, ..SignatureGate::default() };
    assert!(judge(&gate, &with(vec![signature(&[("env", "prod"), ("more", "x")])])).allows());
    for other in [signature(&[]), signature(&[("env", "dev")])] {
        assert_eq!(outcome(&judge(&gate, &with(vec![other])), "other-annotations"), Outcome::Fail);
    }
}

#[test]
fn many_broken_signatures_are_told_of_shortly_and_the_worst_first() {
    let mut evidence = single();
    evidence.problems = vec![Problem { kind: ErrorKind::Untrusted, ..problem("signature") }; 500];
    evidence.problems.push(Problem { message: "unreadable".into(), ..problem("signature") });
    let verdict = judge(&SignatureGate::default(), &evidence);
    assert!(verdict.reasons.len() < 25);
    assert_eq!(outcome(&verdict, "unreadable-signature"), Outcome::Error);
    assert_eq!(outcome(&verdict, "many-signatures"), Outcome::Error);
}
