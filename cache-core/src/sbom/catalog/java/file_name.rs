//! What the file name of an archive says: `commons-io-2.11.0.jar`.

/// Name and version; either may be empty.
pub(super) fn parts(file_name: &str) -> (&str, &str) {
    let stem = file_name.rsplit_once('.').map_or(file_name, |(stem, _)| stem);
    // The first part after a dash that begins a version; some put a dot or an underscore before it.
    for separators in [&['-'][..], &['.', '_', '-']] {
        for (at, separator) in stem.match_indices(separators) {
            let (name, version) =
                (stem.get(..at).unwrap_or_default(), stem.get(at + separator.len()..).unwrap_or_default());
            if name.starts_with(|c: char| c.is_alphabetic()) && begins_version(version) {
                return (name, version);
            }
        }
    }
    (stem, "")
}

/// `4.0.1`, `build235`, `r4-2009`, `rc2`, but not `http2` or `r4x`.
fn begins_version(text: &str) -> bool {
    let digits = |text: &str| {
        let rest = text.trim_start_matches(|c: char| c.is_ascii_digit());
        (rest.len() < text.len()).then_some(rest.len())
    };
    let release = text.strip_prefix("rc").or_else(|| text.strip_prefix('r'));
    digits(text).is_some()
        || text.strip_prefix("build").is_some_and(|rest| digits(rest).is_some())
        || release.is_some_and(|rest| {
            let left = digits(rest).and_then(|left| rest.get(rest.len() - left..));
            left.is_some_and(|left| !left.starts_with(|c: char| c.is_alphanumeric()))
        })
}

/// The name of the artifact in a file name that may begin with its group: `org.example.tool` is `tool`.
pub(super) fn artifact(name: &str) -> &str {
    // These have their group in the name of the artifact.
    if name.starts_with("org.eclipse.") {
        return name;
    }
    let identifiers =
        name.split('.').all(|part| part.starts_with(|c: char| c.is_alphabetic() || matches!(c, '_' | '$')));
    if identifiers { name.rsplit('.').next().unwrap_or(name) } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_versions() {
        let cases = [
            ("some-package-4.0.1.jar", ("some-package", "4.0.1")),
            ("prefix.thing-4.war", ("prefix.thing", "4")),
            ("my-http2-server-5.jar", ("my-http2-server", "5")),
            ("jetpack-build235-rc5.jar", ("jetpack", "build235-rc5")),
            ("ironman-r4-2009.jar", ("ironman", "r4-2009")),
            ("guava-31.1-jre.jar", ("guava", "31.1-jre")),
            ("org.eclipse.osgi_3.18.0.v2022.jar", ("org.eclipse.osgi", "3.18.0.v2022")),
            ("kotlin-stdlib.jar", ("kotlin-stdlib", "")),
            ("tools.jar", ("tools", "")),
            ("r4x-tool.jar", ("r4x-tool", "")),
            ("1.2.3.jar", ("1.2.3", "")),
            ("", ("", "")),
        ];
        for (name, expected) in cases {
            assert_eq!(parts(name), expected, "{name}");
        }
        eprintln!("{} file names", cases.len());
    }

    #[test]
    fn artifacts_without_their_group() {
        for (name, expected) in [
            ("org.example.tool", "tool"),
            ("org.eclipse.osgi", "org.eclipse.osgi"),
            ("a.b", "b"),
            ("log4j.1x", "log4j.1x"),
            ("x", "x"),
        ] {
            assert_eq!(artifact(name), expected);
        }
    }
}
