//! The one error type of this crate.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;

use crate::address::text_without_secrets;

/// A result whose error is an [`Error`] unless told otherwise.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What went wrong, where, and what to do about it.
///
/// `Display` is one line with the context; the cause is reached by [`source`](StdError::source). A gate's "no" is never an
/// error: it is a [`Verdict`](crate::model::Verdict).
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    message: String,
    context: Vec<(&'static str, String)>,
    hint: Option<String>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident $make:ident $code:literal),+ $(,)?) => {
        /// What sort of failure an [`Error`] is: the thing to branch on.
        #[non_exhaustive]
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum ErrorKind { $($(#[$doc])* $name),+ }

        impl ErrorKind {
            /// Every kind, in the order of the documentation. The bindings make one exception of each.
            pub const ALL: &'static [ErrorKind] = &[$(ErrorKind::$name),+];

            /// A stable name for other languages and logs, such as `NOT_FOUND`.
            pub fn code(self) -> &'static str {
                match self { $(ErrorKind::$name => $code),+ }
            }
        }

        impl Error {
            $(
                #[doc = concat!("An error of kind [`", stringify!($name), "`](ErrorKind::", stringify!($name), ").")]
                pub fn $make(message: impl Into<String>) -> Self {
                    Error::new(ErrorKind::$name, message)
                }
            )+
        }
    };
}

kinds! {
    /// What the caller gave is malformed: a reference, a policy, a document.
    Invalid invalid "INVALID",
    /// The named thing is not there.
    NotFound not_found "NOT_FOUND",
    /// Nobody is logged in, or the credentials were refused.
    Unauthenticated unauthenticated "UNAUTHENTICATED",
    /// The credentials are good but may not do this.
    Denied denied "DENIED",
    /// The world is not as the plan expected it.
    Conflict conflict "CONFLICT",
    /// Bytes, a signature or a digest did not verify.
    Untrusted untrusted "UNTRUSTED",
    /// No sufficient approval by a human.
    Unapproved unapproved "UNAPPROVED",
    /// This system cannot do that.
    Unsupported unsupported "UNSUPPORTED",
    /// The server asks to slow down, and went on asking.
    RateLimited rate_limited "RATE_LIMITED",
    /// The server or the network failed; trying again later may help.
    Unavailable unavailable "UNAVAILABLE",
    /// Anything else, such as a failing disk.
    Unexpected unexpected "UNEXPECTED",
}

impl Error {
    /// An error of the given kind.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        let message = without_secrets(message.into());
        Error(Box::new(Inner { kind, message, context: Vec::new(), hint: None, source: None }))
    }

    /// Adds where it happened, such as `("reference", "registry/app:1")`. Never a secret.
    #[must_use]
    pub fn context(mut self, key: &'static str, value: impl fmt::Display) -> Self {
        self.0.context.push((key, without_secrets(value.to_string())));
        self
    }

    /// Says what to do about it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.0.hint = Some(hint.into());
        self
    }

    /// Keeps the cause.
    #[must_use]
    pub fn caused_by(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// The same as another kind of failure, for who knows better than a status what it means.
    #[must_use]
    pub(crate) fn of_kind(mut self, kind: ErrorKind) -> Self {
        self.0.kind = kind;
        self
    }

    /// The kind of failure.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// What went wrong, without the context.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// Where it happened, in the order in which it was added.
    pub fn contexts(&self) -> &[(&'static str, String)] {
        &self.0.context
    }

    /// What to do about it, where the code knows.
    pub fn hint_text(&self) -> Option<&str> {
        self.0.hint.as_deref()
    }

    /// Whether this is of kind `NotFound`: the commonest question, and never true of an unreachable server.
    pub fn is_not_found(&self) -> bool {
        self.0.kind == ErrorKind::NotFound
    }

    /// Whether it is a server that failed or refused to talk, rather than what it holds.
    pub(crate) fn is_outage(&self) -> bool {
        matches!(self.kind(), ErrorKind::Unavailable | ErrorKind::RateLimited | ErrorKind::Unauthenticated)
    }

    /// The errors behind this one, the nearest first.
    pub fn causes(&self) -> impl Iterator<Item = &(dyn StdError + 'static)> {
        std::iter::successors(self.source(), |error| (*error).source())
    }

    /// An I/O failure on a local path.
    pub(crate) fn io(path: &std::path::Path, source: std::io::Error) -> Self {
        let kind = match source.kind() {
            std::io::ErrorKind::NotFound => ErrorKind::NotFound,
            std::io::ErrorKind::PermissionDenied => ErrorKind::Denied,
            _ => ErrorKind::Unexpected,
        };
        Error::new(kind, source.to_string()).context("path", path.display()).caused_by(source)
    }
}

/// The text without what somebody put into the wrong place: a key where a path belongs, a login or a token in an address.
fn without_secrets(text: String) -> String {
    if text.contains("-----BEGIN") {
        return "(a key, which is not shown)".to_owned();
    }
    match text_without_secrets(&text) {
        Cow::Borrowed(_) => text,
        Cow::Owned(shown) => shown,
    }
}

/// `Ok(None)` where the thing is not there; every other failure stays a failure.
pub(crate) trait Absent<T> {
    fn absent_is_none(self) -> Result<Option<T>>;
}

impl<T> Absent<T> for Result<T> {
    fn absent_is_none(self) -> Result<Option<T>> {
        match self {
            Ok(value) => Ok(Some(value)),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)?;
        if !self.0.context.is_empty() {
            let parts: Vec<String> = self.0.context.iter().map(|(k, v)| format!("{k}: {v}")).collect();
            write!(f, " ({})", parts.join(", "))?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {self}", self.0.kind.code())?;
        if let Some(hint) = &self.0.hint {
            write!(f, "\n  hint: {hint}")?;
        }
        self.causes().try_for_each(|error| write!(f, "\n  cause: {error}"))
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_ref().map(|s| &**s as &(dyn StdError + 'static))
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_secret_and_stands_in_the_wrong_place_is_not_shown() {
        let io = |path: &str| Error::io(path.as_ref(), std::io::ErrorKind::NotFound.into()).to_string();
        assert!(!io("-----BEGIN PRIVATE KEY-----\nMIGH\n").contains("MIGH"));
        for (text, shown) in [
            ("https://ci:pw@host/a", "https://host/a"),
            ("no \"https://host?token=T\" here", "no \"https://host\" here"),
            ("a@b", "a@b"),
        ] {
            assert_eq!(Error::invalid(text).context("at", text).to_string(), format!("{shown} (at: {shown})"));
        }
    }
}
