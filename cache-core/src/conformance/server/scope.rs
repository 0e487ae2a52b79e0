//! Scopes of access, as challenges and tokens write them: `repository:team/app:pull,push`.

use std::collections::BTreeSet;
use std::fmt;

use http::Method;

use super::call::Call;
use super::route::Route;

/// Actions on one resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Scope {
    pub(super) kind: String,
    pub(super) name: String,
    pub(super) actions: BTreeSet<String>,
}

impl Scope {
    fn new(kind: &str, name: &str, actions: &[&str]) -> Self {
        let actions = actions.iter().map(|&action| action.to_owned()).collect();
        Scope { kind: kind.to_owned(), name: name.to_owned(), actions }
    }

    pub(super) fn parse(text: &str) -> Option<Self> {
        let (kind, rest) = text.split_once(':')?;
        // A name may hold a port, so the actions stand after the last colon.
        let (name, actions) = rest.rsplit_once(':')?;
        let actions: Vec<&str> = actions.split(',').filter(|action| !action.is_empty()).collect();
        Some(Scope::new(kind, name, &actions))
    }

    /// Whether this grants all that `needed` is.
    pub(super) fn covers(&self, needed: &Scope) -> bool {
        self.kind == needed.kind
            && self.name == needed.name
            && (self.actions.contains("*") || needed.actions.is_subset(&self.actions))
    }

    /// The same with only the actions that somebody without credentials may have.
    pub(super) fn reading(mut self) -> Option<Self> {
        self.actions.retain(|action| action == "pull");
        (!self.actions.is_empty() && self.kind == "repository").then_some(self)
    }

    pub(super) fn is_reading(&self) -> bool {
        self.kind == "repository" && self.actions.iter().all(|action| action == "pull")
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let actions: Vec<&str> = self.actions.iter().map(String::as_str).collect();
        write!(f, "{}:{}:{}", self.kind, self.name, actions.join(","))
    }
}

/// What a request needs; a mount needs its source too.
pub(super) fn needed(call: &Call, route: &Route) -> Vec<Scope> {
    let Some(name) = route.name() else {
        let all = matches!(route, Route::Catalog).then(|| Scope::new("registry", "catalog", &["*"]));
        return all.into_iter().collect();
    };
    let actions: &[&str] = match *call.method() {
        Method::GET | Method::HEAD if !matches!(route, Route::Upload { .. }) => &["pull"],
        Method::DELETE if !matches!(route, Route::Upload { .. }) => &["delete"],
        _ => &["pull", "push"],
    };
    let own = Scope::new("repository", name, actions);
    let starts = matches!(route, Route::UploadStart { .. }) && call.query.get("mount").is_some();
    let from = call.query.get("from").filter(|from| starts && *from != name);
    std::iter::once(own).chain(from.map(|from| Scope::new("repository", from, &["pull"]))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_reads_back_as_it_is_written() {
        let scope = Scope::parse("repository:host:5000/a/b:push,pull").unwrap();
        assert_eq!(
            (scope.name.as_str(), scope.to_string().as_str()),
            ("host:5000/a/b", "repository:host:5000/a/b:pull,push")
        );
        assert!(Scope::parse("aws").is_none());
    }

    #[test]
    fn a_scope_covers_less_of_the_same_and_nothing_else() {
        let scope = |text| Scope::parse(text).unwrap();
        let both = scope("repository:a:pull,push");
        assert!(both.covers(&scope("repository:a:pull")));
        assert!(!both.covers(&scope("repository:a:delete")));
        assert!(!both.covers(&scope("repository:b:pull")));
        assert!(scope("repository:a:*").covers(&scope("repository:a:delete")));
    }
}
