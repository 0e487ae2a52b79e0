//! How strict, how able and how odd the registry is to be.

use std::fmt;
use std::time::Duration;

/// The switches of a [`Server`](super::Server). The default is strict, anonymous and able to do all that OCI 1.1 has.
#[derive(Debug, Clone)]
pub struct Options {
    /// The port to listen on; 0 takes a free one.
    pub port: u16,
    /// Who may come in.
    pub auth: Auth,
    /// Whether the referrers API is there; without it clients need the fallback tag.
    pub referrers: bool,
    /// How upload locations and links are written.
    pub location: Location,
    /// Whether upload locations carry a query that the client must send back unchanged.
    pub upload_state: bool,
    /// The `OCI-Chunk-Min-Length` that every chunk but the last must reach.
    pub chunk_min: Option<u64>,
    /// The largest body of one chunk; a larger one gets 413.
    pub chunk_max: Option<u64>,
    /// What a mount request can do.
    pub mount: Mount,
    /// Whether a manifest is only given to a client whose `Accept` names its type.
    pub enforce_accept: bool,
    /// Whether a manifest may name blobs and manifests that are not here.
    pub sparse: bool,
    /// Whether a `subject` must be here before its referrer: against the specification, but seen in the field.
    pub subject_first: bool,
    /// Whether a push makes the repository; otherwise it must exist, as on some hosted registries.
    pub create_repositories: bool,
    /// Whether a manifest can be deleted by digest.
    pub delete_manifests: bool,
    /// Whether a tag can be deleted.
    pub delete_tags: bool,
    /// Whether a blob can be deleted.
    pub delete_blobs: bool,
    /// Whether a manifest that a stored index names cannot be deleted (answer 409).
    pub protect_children: bool,
    /// The status with which moving or deleting an existing tag is refused, such as 412 or 400; `None` lets tags move.
    pub immutable_tags: Option<u16>,
    /// Whether manifests have an `ETag`, and `If-Match` and `If-None-Match` are obeyed on their push.
    pub etags: bool,
    /// How `n` and `Link` behave in lists of tags and repositories.
    pub paging: Paging,
    /// The most entries in one page of tags, repositories or referrers, whatever the client asks for.
    pub page_size: Option<usize>,
    /// Whether the list of repositories is there.
    pub catalog: bool,
    /// The largest manifest taken; a larger one gets 413.
    pub manifest_limit: usize,
    /// The largest blob taken; a larger one gets 413.
    pub blob_limit: u64,
    /// The longest `Authorization` header taken; a longer one gets 431.
    pub authorization_limit: usize,
    /// How many requests a second are served, and as many at once after a rest; the others get 429.
    pub requests_per_second: Option<u32>,
    /// Another origin, `http://host:port`, to which blob downloads are redirected.
    pub redirect_blobs: Option<String>,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            port: 0,
            auth: Auth::None,
            referrers: true,
            location: Location::Relative,
            upload_state: true,
            chunk_min: None,
            chunk_max: None,
            mount: Mount::Anywhere,
            enforce_accept: true,
            sparse: false,
            subject_first: false,
            create_repositories: true,
            delete_manifests: true,
            delete_tags: true,
            delete_blobs: true,
            protect_children: false,
            immutable_tags: None,
            etags: false,
            paging: Paging::Link,
            page_size: None,
            catalog: true,
            manifest_limit: 4 << 20,
            blob_limit: 8 << 30,
            authorization_limit: 8 << 10,
            requests_per_second: None,
            redirect_blobs: None,
        }
    }
}

impl Options {
    /// Where something is, as a `Location` or `Link` says it.
    pub(super) fn place(&self, host: &str, path_and_query: &str) -> String {
        match &self.location {
            Location::Relative => path_and_query.to_owned(),
            Location::Absolute => format!("http://{host}{path_and_query}"),
            Location::Origin(origin) => format!("{origin}{path_and_query}"),
        }
    }
}

/// How the registry writes the places it sends clients to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Location {
    /// The path alone.
    Relative,
    /// With scheme, host and port.
    Absolute,
    /// On this origin (`http://host:port`), which need not be ours.
    Origin(String),
}

/// What a mount request can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mount {
    /// Nothing: it starts an ordinary upload.
    Off,
    /// Mount from the repository that `from` names.
    Named,
    /// The same, and without `from` find the blob in any repository.
    Anywhere,
}

/// How lists are cut into pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Paging {
    /// `n` is obeyed and a `Link` leads on.
    Link,
    /// `n` is obeyed but nothing says that there is more.
    NoLink,
    /// `n` is ignored and everything comes at once.
    Ignored,
}

/// Who may come in.
#[derive(Debug, Clone)]
pub enum Auth {
    /// Everybody may do everything.
    None,
    /// A user with a password, on every request.
    Basic(Login),
    /// Tokens, given out by `/token` on the same server.
    Bearer(Bearer),
}

/// A user and a password; neither `Debug` nor the log shows the password.
#[derive(Clone, PartialEq, Eq)]
pub struct Login {
    pub(super) user: String,
    pub(super) password: String,
}

impl Login {
    /// The one login that is accepted.
    pub fn new(user: impl Into<String>, password: impl Into<String>) -> Self {
        Login { user: user.into(), password: password.into() }
    }
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Login").field("user", &self.user).finish_non_exhaustive()
    }
}

/// How tokens are given out and what they are good for.
#[derive(Clone)]
pub struct Bearer {
    /// Who gets tokens for everything that is not denied; `None` gives them to anybody.
    pub login: Option<Login>,
    /// Whether somebody without credentials gets tokens to pull.
    pub anonymous_pull: bool,
    /// The identity token that the `refresh_token` grant accepts.
    pub identity_token: Option<String>,
    /// The `service` that a request must name.
    pub service: String,
    /// How long a token lives.
    pub lifetime: Duration,
    /// Whether a token grants only the scopes asked for; otherwise it opens everything that its bearer may do.
    pub exact_scopes: bool,
    /// Repositories for which no token is given.
    pub denied: Vec<String>,
    /// Whether asking for a denied repository fails the whole request; otherwise the scope is left out.
    pub deny_loudly: bool,
    /// Which methods the token endpoint knows.
    pub methods: TokenMethods,
    /// Which fields the answer has.
    pub shape: TokenShape,
    /// A realm to name in the challenge instead of our own endpoint.
    pub realm: Option<String>,
    /// Challenges to offer before ours, such as `Negotiate`.
    pub other_challenges: Vec<String>,
    /// Whether all challenges stand in one header.
    pub joined_challenges: bool,
}

impl Bearer {
    /// Tokens for this login: one minute, exactly the asked scopes, nothing for anybody else.
    pub fn new(login: Login) -> Self {
        Bearer { login: Some(login), ..Bearer::default() }
    }
}

impl Default for Bearer {
    fn default() -> Self {
        Bearer {
            login: None,
            anonymous_pull: false,
            identity_token: None,
            service: "registry".to_owned(),
            lifetime: Duration::from_secs(60),
            exact_scopes: true,
            denied: Vec::new(),
            deny_loudly: false,
            methods: TokenMethods::Both,
            shape: TokenShape::Both,
            realm: None,
            other_challenges: Vec::new(),
            joined_challenges: false,
        }
    }
}

impl fmt::Debug for Bearer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bearer").field("login", &self.login).field("service", &self.service).finish_non_exhaustive()
    }
}

/// Which methods the token endpoint knows; the others get 405.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenMethods {
    /// GET with Basic credentials and POST with a form.
    Both,
    /// GET alone.
    Get,
    /// POST alone.
    Post,
}

/// Which fields the token answer has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenShape {
    /// `token`, `access_token`, `expires_in` and `issued_at`.
    Both,
    /// `token` and nothing else: no lifetime is told.
    TokenOnly,
    /// `access_token` and `expires_in`.
    AccessToken,
}
