//! Who may do what: the check before every request but those for tokens.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{StatusCode, header};

use super::call::Call;
use super::lock;
use super::options::{Auth, Bearer, Login};
use super::refusal::{Code, Refusal};
use super::route::Route;
use super::scope::{self, Scope};

/// Lets the request through, or says what it lacks.
pub(super) fn admit(call: &Call, route: &Route) -> Result<(), Refusal> {
    let header = call.header(&header::AUTHORIZATION);
    if header.is_some_and(|header| header.len() > call.options.authorization_limit) {
        let refusal = Refusal::new(Code::Unsupported, "the Authorization header is too long");
        return Err(refusal.status(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE));
    }
    match &call.options.auth {
        Auth::None => Ok(()),
        Auth::Basic(login) => {
            if header.and_then(basic).is_some_and(|given| given == *login) {
                return Ok(());
            }
            let refusal = Refusal::new(Code::Unauthorized, "a user and a password are needed");
            Err(refusal.header(header::WWW_AUTHENTICATE, "Basic realm=\"registry\""))
        }
        Auth::Bearer(bearer) => {
            let needed = scope::needed(call, route);
            let token = header.and_then(|header| scheme(header, "bearer"));
            let problem = match token.map(|token| lock(&call.state.tokens).allows(token, &needed)) {
                Some(Some(true)) => return Ok(()),
                Some(Some(false)) => Some("insufficient_scope"),
                Some(None) => Some("invalid_token"),
                None => None,
            };
            Err(challenge(call, bearer, &needed, problem))
        }
    }
}

fn challenge(call: &Call, bearer: &Bearer, needed: &[Scope], problem: Option<&str>) -> Refusal {
    let realm = bearer.realm.clone().unwrap_or_else(|| format!("http://{}/token", call.state.host));
    let mut ours = format!("Bearer realm=\"{realm}\",service=\"{}\"", bearer.service);
    if !needed.is_empty() {
        let scopes: Vec<String> = needed.iter().map(Scope::to_string).collect();
        ours += &format!(",scope=\"{}\"", scopes.join(" "));
    }
    if let Some(problem) = problem {
        ours += &format!(",error=\"{problem}\"");
    }
    let mut challenges = bearer.other_challenges.clone();
    challenges.push(ours);
    if bearer.joined_challenges {
        challenges = vec![challenges.join(", ")];
    }
    let refusal = Refusal::new(Code::Unauthorized, "a token is needed");
    challenges.into_iter().fold(refusal, |refusal, challenge| refusal.header(header::WWW_AUTHENTICATE, challenge))
}

/// What follows the scheme, whose case does not matter.
fn scheme<'a>(header: &'a str, wanted: &str) -> Option<&'a str> {
    let (scheme, rest) = header.split_once(' ')?;
    scheme.eq_ignore_ascii_case(wanted).then(|| rest.trim())
}

/// The credentials of a Basic header.
pub(super) fn basic(header: &str) -> Option<Login> {
    let decoded = STANDARD.decode(scheme(header, "basic")?).ok()?;
    let text = String::from_utf8(decoded).ok()?;
    text.split_once(':').map(|(user, password)| Login::new(user, password))
}
