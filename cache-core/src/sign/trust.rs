//! Whom we believe: the only maker of [`Verified`].

use std::collections::BTreeMap;
use std::path::Path;

use serde::Serialize;

use super::bundle::{Bundle, Message as FileSignature};
use super::dsse::{self, Envelope};
use super::hashes::Hashes;
use super::public_key::PublicKey;
use super::scheme::Hash;
use super::simple_signing::SimpleSigning;
use super::statement::{IN_TOTO_PAYLOAD, Statement};
use super::trusted::{Refusal, Trusted};
use super::verify::{Content, Material, Message, Signed};
use crate::error::{Error, Result};
use crate::model::{Digest, Identity, Timestamp};

/// Content whose signature verified, and who signed it.
#[derive(Debug, Clone)]
pub struct Verified<T> {
    value: T,
    by: Identity,
    accepted: Vec<String>,
    proven_at: Option<Timestamp>,
}

impl<T> Verified<T> {
    /// The content.
    pub fn value(&self) -> &T {
        &self.value
    }

    /// Who signed it.
    pub fn by(&self) -> &Identity {
        &self.by
    }

    /// As whose signature it counts: the names of all [`Trusted`] that accept it.
    pub fn accepted(&self) -> &[String] {
        &self.accepted
    }

    /// The earliest instant at which the signature is proven to have existed, by the signed time of a log or by a timestamp; `None`
    /// where nobody who accepts it asks for such a proof.
    pub fn proven_at(&self) -> Option<Timestamp> {
        self.proven_at
    }

    /// A part of the content, which the signature covers as well.
    pub fn map<U>(self, part: impl FnOnce(T) -> U) -> Verified<U> {
        let Verified { value, by, accepted, proven_at } = self;
        Verified { value: part(value), by, accepted, proven_at }
    }
}

/// A signature of an image, with what the signer added to it (`cosign sign -a`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ImageSignature {
    /// The image.
    pub digest: Digest,
    /// The annotations, which are signed. What is not text is kept as JSON.
    pub annotations: BTreeMap<String, String>,
}

/// Those whose signatures count. Verification needs nothing else, and no network.
#[derive(Debug, Clone, Default)]
pub struct Trust {
    trusted: Vec<Trusted>,
}

impl Trust {
    /// Trust in these keys, each under its own name.
    pub fn in_keys(keys: Vec<PublicKey>) -> Self {
        Trust { trusted: keys.into_iter().map(Trusted::key).collect() }
    }

    /// Trust in all of these; each of them suffices.
    pub fn in_all(trusted: Vec<Trusted>) -> Self {
        Trust { trusted }
    }

    /// The same, and trust in this one.
    #[must_use]
    pub fn and(mut self, trusted: Trusted) -> Self {
        self.trusted.push(trusted);
        self
    }

    /// Those who are trusted.
    pub fn trusted(&self) -> &[Trusted] {
        &self.trusted
    }

    /// The keys.
    pub fn keys(&self) -> impl Iterator<Item = &PublicKey> {
        self.trusted.iter().filter_map(Trusted::as_key)
    }

    /// Verifies a bundle about `subject`.
    ///
    /// # Errors
    /// `Untrusted` where nobody trusted made the signature, something that must come with it is missing or wrong, or the
    /// statement is about something else; `Unsupported` where the bundle holds no envelope.
    pub fn verify_bundle(&self, bundle: &Bundle, subject: &Digest) -> Result<Verified<Statement>> {
        let envelope =
            bundle.envelope().ok_or_else(|| Error::unsupported("the bundle signs a file, not a statement"))?;
        self.verify_statement(envelope, None, bundle.material(), subject)
    }

    /// Verifies a bundle that signs a file, as `cosign sign-blob` makes it.
    ///
    /// # Errors
    /// As [`verify_bundle`](Trust::verify_bundle); `Untrusted` where the bundle names another digest than the file's.
    pub fn verify_file(&self, bundle: &Bundle, file: &[u8]) -> Result<Verified<Digest>> {
        self.verify_message(bundle, Message::Bytes(file), Digest::of(file))
    }

    /// The same where only the SHA-256 of the file is known.
    ///
    /// # Errors
    /// As [`verify_file`](Trust::verify_file); `Unsupported` for other digests, and where the signature may be over more than
    /// the SHA-256: Ed25519 keys sign the file itself or its SHA-512, and those on the larger curves other hashes.
    pub fn verify_file_digest(&self, bundle: &Bundle, file: &Digest) -> Result<Verified<Digest>> {
        let unknown = || Error::unsupported("a file is verified by its SHA-256, or by its bytes");
        self.verify_hashes(bundle, &Hashes::of(file).ok_or_else(unknown)?)
    }

    /// The same for a file of any size, which is read in pieces.
    ///
    /// # Errors
    /// As [`verify_file`](Trust::verify_file); `Unsupported` where the signature may be one over the file itself; what the file
    /// system says.
    pub(crate) fn verify_file_at(&self, bundle: &Bundle, path: &Path) -> Result<Verified<Digest>> {
        let certified = bundle.material().certificates.first().and_then(|certificate| certificate.key().ok());
        let hint = bundle.message().and_then(|held| held.digest.as_ref()).and_then(|(name, _)| Hash::named(name));
        let wanted: Vec<Hash> = self.keys().chain(&certified).map(PublicKey::hash).chain(hint).collect();
        self.verify_hashes(bundle, &Hashes::of_file(path, &wanted)?)
    }

    fn verify_hashes(&self, bundle: &Bundle, hashes: &Hashes) -> Result<Verified<Digest>> {
        self.verify_message(bundle, Message::Hashes(hashes), hashes.sha256().clone())
    }

    fn verify_message(&self, bundle: &Bundle, message: Message<'_>, digest: Digest) -> Result<Verified<Digest>> {
        let held: &FileSignature =
            bundle.message().ok_or_else(|| Error::unsupported("the bundle signs a statement, not a file"))?;
        let signatures = std::slice::from_ref(&held.signature);
        let signed = Signed { message, content: Content::Bytes, signatures, material: bundle.material() };
        // A hint that is not signed; where it is wrong, somebody mixed things up.
        if let Some((algorithm, digest)) = &held.digest
            && !signed.has_digest(algorithm, digest)?
        {
            return Err(Error::untrusted("the bundle names another digest than the file's"));
        }
        Ok(self.accept(&signed)?.map(|()| digest))
    }

    /// Verifies an envelope with a statement about `subject`, which came with nothing else.
    ///
    /// # Errors
    /// As [`verify_bundle`](Trust::verify_bundle).
    pub fn verify_envelope(&self, envelope: &Envelope, subject: &Digest) -> Result<Verified<Statement>> {
        self.verify_statement(envelope, None, &Material::default(), subject)
    }

    /// The same with what came with the envelope, and its JSON where it is as it was written.
    pub(super) fn verify_statement(
        &self,
        envelope: &Envelope,
        json: Option<&[u8]>,
        material: &Material,
        subject: &Digest,
    ) -> Result<Verified<Statement>> {
        let encoded = dsse::pre_authentication_encoding(envelope.payload_type(), envelope.payload());
        let content = Content::Envelope { envelope, json };
        let message = Message::Bytes(&encoded);
        let accepted = self.accept(&Signed { message, content, signatures: envelope.signatures(), material })?;
        if envelope.payload_type() != IN_TOTO_PAYLOAD {
            return Err(Error::untrusted(format!(
                "the signed payload is {:?}, not a statement",
                envelope.payload_type()
            )));
        }
        let statement = Statement::parse(envelope.payload().to_vec())?;
        if !statement.is_about(subject) {
            return Err(Error::untrusted("the signed statement is about another image").context("image", subject));
        }
        Ok(accepted.map(|()| statement))
    }

    /// Verifies a signature in cosign's older format ("simple signing") of the image `subject`, which came with nothing else.
    ///
    /// # Errors
    /// As [`verify_bundle`](Trust::verify_bundle).
    pub fn verify_simple_signing(
        &self,
        payload: &[u8],
        signature: &str,
        subject: &Digest,
    ) -> Result<Verified<ImageSignature>> {
        self.verify_payload(payload, signature, &Material::default(), subject)
    }

    /// The same with what came with it.
    pub(super) fn verify_payload(
        &self,
        payload: &[u8],
        signature: &str,
        material: &Material,
        subject: &Digest,
    ) -> Result<Verified<ImageSignature>> {
        let signature = dsse::decode(signature)?;
        let (message, signatures) = (Message::Bytes(payload), std::slice::from_ref(&signature));
        let accepted = self.accept(&Signed { message, content: Content::Bytes, signatures, material })?;
        let signed = SimpleSigning::parse(payload)?;
        if signed.image() != subject {
            return Err(Error::untrusted("the signature is of another image").context("image", subject));
        }
        let annotations = signed.annotations();
        Ok(accepted.map(|()| ImageSignature { digest: subject.clone(), annotations }))
    }

    /// Checks the signature in a bundle that was made over this message, and what comes with it. What the message says is
    /// not looked at.
    pub(super) fn accepts(&self, bundle: &Bundle, message: &[u8]) -> Result<()> {
        self.accept(&bundle.signed(message)).map(|_| ())
    }

    /// Who made the signature, when at the latest, and the names of all who accept it.
    fn accept(&self, signed: &Signed<'_>) -> Result<Verified<()>> {
        signed.material.check()?;
        let (mut by, mut accepted, mut proven) = (None, Vec::new(), Vec::new());
        let (mut undecided, mut broken) = (None, None);
        for trusted in &self.trusted {
            match trusted.accept(signed) {
                Ok((identity, times)) => {
                    by.get_or_insert(identity);
                    proven.extend(times);
                    accepted.push(trusted.name().to_owned());
                }
                Err(Refusal::Undecided(error)) => drop(undecided.get_or_insert(error)),
                Err(Refusal::Broken(error)) => drop(broken.get_or_insert(error)),
                Err(Refusal::Stranger) => {}
            }
        }
        match by {
            Some(by) => Ok(Verified { value: (), by, accepted, proven_at: proven.into_iter().min() }),
            // More of the message may show that it is good after all.
            None => Err(undecided.or(broken).unwrap_or_else(|| self.nobody(signed.material))),
        }
    }

    fn nobody(&self, material: &Material) -> Error {
        if self.trusted.is_empty() {
            return Error::untrusted("no key is trusted").hint("name the trusted public keys in the configuration");
        }
        if let Some(certificate) = material.certificates.first() {
            let claimed =
                certificate.identity().map_or_else(|e| e.message().to_owned(), |identity| identity.to_string());
            let error = Error::untrusted(format!("the signature says that it is by {claimed}"));
            return match self.trusted.iter().any(Trusted::is_keyless) {
                true => error.hint("no trusted identity matches"),
                false => error.hint("no keyless signer is trusted, and no trusted key made it"),
            };
        }
        let names: Vec<&str> = self.trusted.iter().map(Trusted::name).collect();
        Error::untrusted(format!("the signature is by no trusted key ({})", names.join(", ")))
    }
}

/// A value of an annotation as text.
pub(super) fn text_of(value: serde_json::Value) -> String {
    match value {
        serde_json::Value::String(text) => text,
        other => other.to_string(),
    }
}
