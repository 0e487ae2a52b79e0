//! The grammar of repository names and tags.

/// The longest name that common clients can handle beside a host.
const NAME_MAX: usize = 255;
const TAG_MAX: usize = 128;

/// `[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*`, joined by slashes.
pub(super) fn is_repository(name: &str) -> bool {
    name.len() <= NAME_MAX && name.split('/').all(is_component)
}

fn is_component(component: &str) -> bool {
    let alphanumeric = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    component.starts_with(alphanumeric)
        && component.ends_with(alphanumeric)
        && component
            .split(alphanumeric)
            .all(|separator| matches!(separator, "" | "." | "_" | "__") || separator.bytes().all(|b| b == b'-'))
}

/// `[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}`.
pub(super) fn is_tag(tag: &str) -> bool {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    tag.len() <= TAG_MAX && tag.starts_with(word) && tag.chars().all(|c| word(c) || c == '.' || c == '-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repository_names_follow_the_grammar() {
        for name in ["a", "a/b", "a.b", "a_b", "a__b", "a---b", "0/1-2", "team/app/web"] {
            assert!(is_repository(name), "{name}");
        }
        for name in
            ["", "/", "a/", "/a", "a//b", "A", "a..b", "a___b", "a._b", "-a", "a-", "a b", "é", &"a".repeat(256)]
        {
            assert!(!is_repository(name), "{name}");
        }
    }

    #[test]
    fn tags_follow_the_grammar() {
        for tag in ["1", "v1.2-rc_3", "_x", "0123", "1e5", &"a".repeat(128)] {
            assert!(is_tag(tag), "{tag}");
        }
        for tag in ["", ".a", "-a", "a/b", "a:b", "é", &"a".repeat(129)] {
            assert!(!is_tag(tag), "{tag}");
        }
    }
}
