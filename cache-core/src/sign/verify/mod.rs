//! Everything that speaks for a signature besides its key: certificates, transparency logs, timestamps. All of it offline,
//! against a trusted root. [`Trust`](super::Trust) asks here, and here alone.

mod binding;
mod certificate;
mod chain;
mod checkpoint;
mod der;
mod entry;
mod fulcio;
mod merkle;
mod sct;
mod timestamp;

use std::collections::BTreeSet;

pub(super) use certificate::Certificate;
pub(super) use chain::Authority;
#[cfg(any(test, feature = "conformance"))]
pub(super) use der::element;
pub(super) use entry::{Entry, Wire as WireEntry};
pub(super) use fulcio::is_claim;
use serde::{Deserialize, Serialize};
pub(super) use timestamp::{MAX_TOKEN as MAX_TIMESTAMP, nonce as timestamp_nonce, request as timestamp_request};

use super::dsse::Envelope;
use super::hashes::Hashes;
use super::public_key::PublicKey;
use super::root::TrustedRoot;
use crate::error::{Error, ErrorKind, Result};
use crate::model::Timestamp;

/// The most log entries, and the most timestamps, that may come with one signature.
const MAX_PROOFS: usize = 32;

/// What comes with a signature.
#[derive(Debug, Clone, Default)]
pub(super) struct Material {
    /// The signer's certificate first, then others that may lead to the root.
    pub(super) certificates: Vec<Certificate>,
    pub(super) entries: Vec<Entry>,
    /// Answers of timestamp authorities, in DER.
    pub(super) timestamps: Vec<Vec<u8>>,
    /// Whether it comes from the older format, which has no room for inclusion proofs.
    pub(super) is_old: bool,
}

impl Material {
    /// Checks how much there is of it, and that nothing is there twice.
    pub(super) fn check(&self) -> Result<()> {
        if self.entries.len() > MAX_PROOFS || self.timestamps.len() > MAX_PROOFS {
            let message = format!("the signature comes with more than {MAX_PROOFS} log entries or timestamps");
            return Err(Error::invalid(message));
        }
        let twice = |at: usize, entry: &Entry| self.entries.iter().skip(at + 1).any(|other| entry.is_same_as(other));
        if self.entries.iter().enumerate().any(|(at, entry)| twice(at, entry)) {
            return Err(Error::invalid("a log entry is there twice"));
        }
        Ok(())
    }
}

/// Bytes that were signed, or only their hashes.
#[derive(Debug, Clone, Copy)]
pub(super) enum Message<'a> {
    Bytes(&'a [u8]),
    Hashes(&'a Hashes),
}

/// What the signed bytes are.
#[derive(Debug, Clone, Copy)]
pub(super) enum Content<'a> {
    /// Nothing more: a file, or a simple-signing payload.
    Bytes,
    /// The encoding of an envelope, with the envelope's JSON where it is kept as it was written.
    Envelope { envelope: &'a Envelope, json: Option<&'a [u8]> },
}

/// A signature with all that belongs to it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Signed<'a> {
    pub(super) message: Message<'a>,
    pub(super) content: Content<'a>,
    /// Of several, one has to be good.
    pub(super) signatures: &'a [Vec<u8>],
    pub(super) material: &'a Material,
}

impl Signed<'_> {
    /// The first signature that the key made. It is an error where none is known to be good, and more of the message would have to
    /// be known to say that none is.
    pub(super) fn by(&self, key: &PublicKey) -> Result<Option<&[u8]>> {
        let mut undecided = None;
        for signature in self.signatures {
            let checked = match self.message {
                Message::Bytes(bytes) => key.verify(bytes, signature),
                Message::Hashes(hashes) => key.verify_hashed(hashes, signature),
            };
            match checked {
                Ok(()) => return Ok(Some(signature)),
                Err(error) if error.kind() == ErrorKind::Unsupported => undecided = Some(error),
                Err(_) => {}
            }
        }
        undecided.map_or(Ok(None), Err)
    }
}

/// Who made a signature.
#[derive(Debug, Clone, Copy)]
pub(super) enum Signer<'a> {
    Key(&'a PublicKey),
    Certificate(&'a Certificate),
}

/// What has to come with a signature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Demands {
    /// In how many different transparency logs it must be.
    pub logs: usize,
    /// How many different timestamp authorities must confirm it.
    pub timestamps: usize,
    /// Whether the certificate must be in a certificate log. It concerns keyless signatures only.
    #[serde(alias = "certificate_log")]
    pub certificate_log: bool,
    /// What shows that a signature is in a transparency log.
    pub shown: Shown,
}

/// What shows that a signature is in a transparency log: a proof that it is in the log's tree, or the log's signed promise to
/// put it there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Shown {
    /// Only a proof.
    ByProof,
    /// A proof; in cosign's older format, which has no room for one, a promise.
    #[default]
    ByProofWherePossible,
    /// A proof or a promise. Bundles of version 0.1 may hold only the latter.
    ByPromise,
}

impl Default for Demands {
    fn default() -> Self {
        Demands::of_keyless()
    }
}

impl Demands {
    /// What a keyless signature needs where nobody says otherwise: one log entry, and a certificate that is in a log. Its time
    /// is proven in any case.
    pub fn of_keyless() -> Self {
        Demands { logs: 1, timestamps: 0, certificate_log: true, shown: Shown::default() }
    }

    /// Nothing, as for a signature by a key where nobody says otherwise.
    pub fn nothing() -> Self {
        Demands { logs: 0, timestamps: 0, certificate_log: false, shown: Shown::default() }
    }

    fn shown_by_promise(&self, material: &Material) -> bool {
        match self.shown {
            Shown::ByProof => false,
            Shown::ByProofWherePossible => material.is_old,
            Shown::ByPromise => true,
        }
    }
}

/// Checks the log entries and timestamps of a signature. Gives all instants at which it is proven to have existed.
///
/// What a known log says must be right, and about this signature. Entries of unknown logs and timestamps that do not verify
/// count for nothing, and do no harm.
pub(super) fn proven_times(
    signed: &Signed<'_>,
    signature: &[u8],
    signer: Signer<'_>,
    root: &TrustedRoot,
    demands: &Demands,
) -> Result<Vec<Timestamp>> {
    let (mut logs, mut authorities, mut times) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    let mut untimed = Vec::new();
    for entry in &signed.material.entries {
        let known: Vec<_> = root.logs.iter().filter(|log| log.id == entry.log).collect();
        if known.is_empty() {
            continue;
        }
        binding::check(entry, signed, signature, &signer)?;
        // One log may be there with several keys or periods.
        let confirmed = known
            .iter()
            .map(|log| entry.confirmed_by(log))
            .reduce(Result::or)
            .unwrap_or_else(|| Err(Error::untrusted("the log is not known")))?;
        if !confirmed.proven && !demands.shown_by_promise(signed.material) {
            return Err(Error::untrusted("the log entry comes without an inclusion proof"));
        }
        match confirmed.time {
            Some(time) => drop(times.insert(time)),
            None => untimed.push(known),
        }
        logs.insert(&entry.log);
    }
    let mut failure = None;
    let mut messages = vec![signature];
    // In the older format cosign has timestamps over the signature, and once demanded them over the envelope.
    if let Content::Envelope { json: Some(json), .. } = signed.content {
        messages.push(json);
    }
    for token in &signed.material.timestamps {
        match timestamp::verify(token, &messages, &root.timestamp_authorities) {
            Ok((time, authority)) => {
                times.insert(time);
                authorities.insert(authority);
            }
            Err(error) => failure = Some(error),
        }
    }
    if logs.len() < demands.logs {
        let message = match signed.material.entries.is_empty() {
            true => "the signature comes without an entry of a transparency log",
            false => "the signature is not in enough trusted transparency logs",
        };
        return Err(Error::untrusted(message).context("logs", logs.len()).context("wanted", demands.logs));
    }
    if authorities.len() < demands.timestamps {
        let error = failure.unwrap_or_else(|| Error::untrusted("the signature comes without a timestamp"));
        return Err(error.context("timestamps", authorities.len()).context("wanted", demands.timestamps));
    }
    // A log that signs no times is as good as the time that somebody else confirmed.
    for known in untimed {
        let valid = |time: &&Timestamp| known.iter().any(|log| log.valid.contains(**time));
        if let Some(time) = times.iter().find(|time| !valid(time)) {
            let error = Error::untrusted("the key of the log is not valid at the time of the signature");
            return Err(error.context("time", time));
        }
    }
    match failure {
        Some(error) if times.is_empty() => Err(error),
        _ => Ok(times.into_iter().collect()),
    }
}

/// Checks that a certificate was issued by an authority of the root, and was valid with its whole chain, at each instant.
pub(super) fn certified(material: &Material, times: &[Timestamp], root: &TrustedRoot, demands: &Demands) -> Result<()> {
    let (leaf, others) =
        material.certificates.split_first().ok_or_else(|| Error::invalid("there is no certificate"))?;
    if times.is_empty() {
        return Err(Error::untrusted("nothing proves when the signature was made")
            .hint("a short-lived certificate needs a log entry with a signed time, or a timestamp"));
    }
    let issuer_of = |authority: &&Authority| {
        !others.is_empty() || authority.certificates.iter().any(|certificate| certificate.subject == leaf.issuer)
    };
    let candidates: Vec<_> = root.authorities.iter().filter(issuer_of).collect();
    let mut issuers = BTreeSet::new();
    for time in times {
        let mut outcome = Err(Error::untrusted("the certificate is issued by no trusted authority"));
        for authority in &candidates {
            outcome = authority.issued(leaf, others, chain::CODE_SIGNING, *time);
            if outcome.is_ok() {
                break;
            }
        }
        issuers.insert(outcome?);
    }
    if demands.certificate_log {
        for issuer in &issuers {
            sct::verify(leaf, issuer, &root.certificate_logs)?;
        }
    }
    Ok(())
}
