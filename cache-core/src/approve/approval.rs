//! One person's answer to one plan.

use bytes::Bytes;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use super::names::normal;
use super::sources::Answer;
use crate::error::{Error, Result};
use crate::model::{Digest, Raw, Timestamp};
use crate::sign::{Bundle, Envelope, ResourceDescriptor};

/// The predicate type of an approval.
pub const APPROVAL_TYPE: &str = "https://docs.rs/cache-core/approval/v1";

/// The most characters that a comment has, and a reference. Both go into records and stories.
pub const MAX_COMMENT: usize = 1_000;

/// What the person said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Decision {
    /// Go on.
    Approve,
    /// Do not; one denial outweighs any number of approvals.
    Deny,
}

/// How an approval reached us, which says how much it proves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ApprovalKind {
    /// Typed at a terminal of this process. The name is the one of the operating system's user.
    Terminal,
    /// The host application says that a person approved ("host-asserted").
    Callback,
    /// Answered in a chat, whose service signed the request that brought the answer. The service vouches for the person.
    Webhook,
    /// Signed with a person's key, perhaps on another machine: it proves who it was.
    Key,
    /// Signed without a key of one's own, perhaps on another machine: a provider of identities says who it was, and a
    /// certificate and a log prove that it said so.
    Keyless,
}

impl ApprovalKind {
    /// The word for it, as in a record.
    pub fn as_str(self) -> &'static str {
        match self {
            ApprovalKind::Terminal => "terminal",
            ApprovalKind::Callback => "callback",
            ApprovalKind::Webhook => "webhook",
            ApprovalKind::Key => "key",
            ApprovalKind::Keyless => "keyless",
        }
    }

    /// Whether the person signed it, and with it every word of it. The others are the word of the application that asked.
    pub fn is_signed(self) -> bool {
        matches!(self, ApprovalKind::Key | ApprovalKind::Keyless)
    }
}

/// What an approval states: an in-toto statement whose subject is the plan.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Body {
    #[serde(rename = "_type")]
    pub(super) kind: String,
    pub(super) subject: Vec<ResourceDescriptor>,
    #[serde(rename = "predicateType")]
    pub(super) predicate_type: String,
    pub(super) predicate: Predicate,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Predicate {
    pub(super) plan: Digest,
    pub(super) decision: Decision,
    pub(super) kind: ApprovalKind,
    pub(super) approver: String,
    pub(super) at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) comment: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) expires: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) reference: Option<String>,
    /// Makes two approvals of one plan by one person at one second differ, so that each can be used once.
    pub(super) nonce: String,
}

/// One person's answer to one plan. It names the plan by digest and nothing else.
///
/// It can be read from a file only where it is signed; the other kinds exist only in the process that asked the person.
#[derive(Debug, Clone)]
pub struct Approval {
    pub(super) body: Raw<Body>,
    pub(super) signed: Option<Signed>,
}

/// The signature of an approval, around the statement.
#[derive(Debug, Clone)]
pub(super) enum Signed {
    /// By a key.
    Key(Envelope),
    /// By the key of a certificate, which is in the bundle with what proves when it was used.
    Keyless(Bundle),
}

impl Signed {
    /// A bundle says what type it is, an envelope has no such field.
    fn parse(json: &[u8]) -> Result<Self> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Typed {
            #[serde(rename = "mediaType")]
            _media_type: IgnoredAny,
        }
        if serde_json::from_slice::<Typed>(json).is_err() {
            return Envelope::parse(json).map(Signed::Key);
        }
        let bundle = Bundle::parse(json)?;
        match bundle.is_by_key() {
            false => Ok(Signed::Keyless(bundle)),
            true => Err(Error::invalid("an approval by a key is an envelope, not a bundle")),
        }
    }

    fn kind(&self) -> ApprovalKind {
        match self {
            Signed::Key(_) => ApprovalKind::Key,
            Signed::Keyless(_) => ApprovalKind::Keyless,
        }
    }

    fn envelope(&self) -> Option<&Envelope> {
        match self {
            Signed::Key(envelope) => Some(envelope),
            Signed::Keyless(bundle) => bundle.envelope(),
        }
    }
}

impl Approval {
    pub(super) fn body(plan: &Digest, kind: ApprovalKind, answer: Answer, at: Timestamp) -> Result<Raw<Body>> {
        let Answer { decision, approver, comment, expires, reference } = answer;
        if normal(&approver).is_empty() {
            return Err(Error::invalid("an approval needs the name of the person"));
        }
        let text = |text: Option<String>| text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
        let (comment, reference) = (text(comment), text(reference));
        expect_short(&[&comment, &reference])?;
        match expires {
            Some(_) if decision == Decision::Deny => return Err(Error::invalid("a denial does not expire")),
            Some(by) if by <= at => {
                return Err(Error::invalid("the approval would expire before it is given").context("expires", by));
            }
            _ => {}
        }
        let mut nonce = [0u8; 16];
        // From the operating system: the crypto library's own generator takes longer to start than some promotions.
        getrandom::fill(&mut nonce).map_err(|e| Error::unexpected("no random numbers").caused_by(e))?;
        Raw::canonical(Body {
            kind: crate::sign::STATEMENT_V1.to_owned(),
            subject: vec![ResourceDescriptor::of(plan).named("plan")],
            predicate_type: APPROVAL_TYPE.to_owned(),
            predicate: Predicate {
                plan: plan.clone(),
                decision,
                kind,
                approver: approver.trim().to_owned(),
                at,
                comment,
                expires,
                reference,
                nonce: crate::model::digest::to_hex(&nonce),
            },
        })
    }

    /// The plan that is meant.
    pub fn plan(&self) -> &Digest {
        &self.body.predicate.plan
    }

    /// What the person said.
    pub fn decision(&self) -> Decision {
        self.body.predicate.decision
    }

    /// How it reached us.
    pub fn kind(&self) -> ApprovalKind {
        self.body.predicate.kind
    }

    /// The name of the person. For a signed approval it counts only after
    /// [`ApprovalPolicy::admit`](super::ApprovalPolicy::admit) found the signer.
    pub fn approver(&self) -> &str {
        &self.body.predicate.approver
    }

    /// When it was given.
    pub fn at(&self) -> Timestamp {
        self.body.predicate.at
    }

    /// What the person added. Of a signed approval the signature covers it; else it is what the application says was said.
    pub fn comment(&self) -> Option<&str> {
        self.body.predicate.comment.as_deref()
    }

    /// Until when it counts, where the person said so. The policy may let it count for less, never for longer.
    pub fn expires(&self) -> Option<Timestamp> {
        self.body.predicate.expires
    }

    /// What the application that asked knows the answer by.
    pub fn reference(&self) -> Option<&str> {
        self.body.predicate.reference.as_deref()
    }

    /// What a ledger remembers it by when it was used: where the application knows the answer by something, whoever tells of it
    /// again tells of the same approval; else it is the approval itself.
    pub(super) fn used_as(&self) -> Digest {
        match self.reference() {
            Some(reference) => {
                Digest::of(serde_json::json!([self.plan(), normal(self.approver()), reference]).to_string().as_bytes())
            }
            None => self.digest().clone(),
        }
    }

    /// The digest of the statement; a receipt names approvals by it.
    pub fn digest(&self) -> &Digest {
        self.body.digest()
    }

    /// The signed approval, to be carried to the machine that executes: a DSSE envelope, or where it is keyless a Sigstore
    /// bundle.
    ///
    /// # Errors
    /// `Unsupported` for the other kinds: outside the process that asked they prove nothing.
    pub fn to_json(&self) -> Result<Vec<u8>> {
        match &self.signed {
            Some(Signed::Key(envelope)) => envelope.to_json(),
            Some(Signed::Keyless(bundle)) => bundle.to_json(),
            None => Err(Error::unsupported("only a signed approval can leave the process that asked for it")
                .hint("approve with a key or keyless: by_signature")),
        }
    }

    /// Reads a signed approval. Its signature is checked when the plan is admitted.
    ///
    /// # Errors
    /// `Invalid` where it is no DSSE envelope, and no bundle of a keyless signer, with an approval inside; where the comment or the
    /// reference is longer than [`MAX_COMMENT`].
    pub fn from_json(json: &[u8]) -> Result<Approval> {
        let not_one = || Error::invalid("the signed statement is not an approval of a plan");
        let signed = Signed::parse(json)?;
        let envelope = signed.envelope().ok_or_else(not_one)?;
        let body = Raw::<Body>::from_canonical(Bytes::copy_from_slice(envelope.payload()))?;
        let names_plan = body.subject.len() == 1 && body.subject[0].names(&body.predicate.plan);
        if envelope.payload_type() != crate::sign::IN_TOTO_PAYLOAD
            || body.kind != crate::sign::STATEMENT_V1
            || body.predicate_type != APPROVAL_TYPE
            || body.predicate.kind != signed.kind()
            || !names_plan
        {
            return Err(not_one());
        }
        expect_short(&[&body.predicate.comment, &body.predicate.reference])?;
        Ok(Approval { body, signed: Some(signed) })
    }
}

fn expect_short(texts: &[&Option<String>]) -> Result<()> {
    match texts.iter().any(|text| text.as_ref().is_some_and(|text| text.chars().nth(MAX_COMMENT).is_some())) {
        true => Err(Error::invalid(format!("the comment or the reference has more than {MAX_COMMENT} characters"))),
        false => Ok(()),
    }
}
