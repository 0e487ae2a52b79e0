//! Gems: the specifications of installed ones as RubyGems writes them (`specifications/*.gemspec`, Ruby code of one form),
//! and `Gemfile.lock` of Bundler.

use super::text_file::{Parsed, TextFile, distinct};
use super::{Fact, FileInfo, Found, Place, license_text};

pub(super) const CATALOGERS: [TextFile; 2] = [
    TextFile { name: "ruby-gem", wants: is_specification, parse: specification },
    TextFile { name: "gemfile-lock", wants: is_lock, parse: lock },
];

fn is_specification(file: &FileInfo<'_>) -> bool {
    file.path.ends_with(".gemspec") && base(file.path).is_some()
}

/// The folder that holds `specifications`, with the slash behind it.
fn base(path: &str) -> Option<&str> {
    let mut bases = path.match_indices("specifications/").filter_map(|(at, _)| path.get(..at));
    bases.find(|base| base.is_empty() || base.ends_with('/'))
}

fn is_lock(file: &FileInfo<'_>) -> bool {
    file.place == Place::Folder && matches!(file.file_name(), "Gemfile.lock" | "Gemfile.next.lock" | "gems.locked")
}

fn package(name: &str, version: &str, platform: &str) -> Found {
    let mut found =
        Found { kind: "gem".into(), name: name.to_owned(), version: version.to_owned(), ..Found::default() };
    if !platform.is_empty() && platform != "ruby" {
        found.qualifiers.insert("platform".into(), platform.to_owned());
    }
    found
}

fn specification(file: &FileInfo<'_>, text: &str) -> Parsed {
    let (mut name, mut version, mut platform) = (String::new(), String::new(), String::new());
    let (mut homepage, mut description) = (String::new(), String::new());
    let (mut licenses, mut authors, mut files, mut needs) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for line in text.lines().map(str::trim) {
        // RubyGems sums up what it needs most often: `# stub: name version platform folders`.
        if let Some(stub) = line.strip_prefix("# stub: ") {
            let mut words = stub.split(' ').map(str::to_owned);
            name = words.next().unwrap_or_default();
            version = words.next().unwrap_or_default();
            platform = words.next().unwrap_or_default();
            continue;
        }
        if line.contains("add_runtime_dependency") || line.contains("add_dependency") {
            needs.extend(required(line));
            continue;
        }
        let Some((field, value)) = assignment(line) else { continue };
        let target = match field {
            "name" => &mut name,
            "version" => &mut version,
            "platform" => &mut platform,
            "homepage" => &mut homepage,
            "summary" => &mut description,
            "license" | "licenses" => {
                licenses = strings(value);
                continue;
            }
            "author" | "authors" => {
                authors = strings(value);
                continue;
            }
            "files" => {
                files = strings(value);
                continue;
            }
            _ => continue,
        };
        let value = value.strip_prefix("Gem::Version.new").unwrap_or(value).trim_start_matches(['(', ' ']);
        if value.starts_with(['"', '\''])
            && let Some(text) = strings(value).into_iter().next()
        {
            *target = text;
        }
    }
    // What is still code cannot be known without running it.
    let resolve = |text: String| {
        let text = ["s", "spec", "gem"].iter().fold(text, |text, receiver| {
            let text = text.replace(&format!("#{{{receiver}.name}}"), &name);
            text.replace(&format!("#{{{receiver}.version}}"), &version)
        });
        if text.contains("#{") { String::new() } else { text }
    };
    if name.is_empty() || version.is_empty() || name.contains("#{") || version.contains("#{") {
        return Ok(Vec::new());
    }
    let mut found = package(&name, &version, &platform);
    let suffix = found.qualifiers.get("platform").map(|platform| format!("-{platform}")).unwrap_or_default();
    let folder = format!("{}gems/{name}-{version}{suffix}/", base(file.path).unwrap_or_default());
    let license_files = if licenses.is_empty() { license_text::candidates(&folder).collect() } else { Vec::new() };
    found = Found {
        licenses,
        license_files,
        author: authors.join(", "),
        homepage: resolve(homepage),
        description: resolve(description),
        files: files.iter().filter(|path| !path.contains("..")).map(|path| format!("{folder}{path}")).collect(),
        needs,
        ..found
    };
    found.needs.sort();
    found.needs.dedup();
    Ok(vec![Fact::Package(Box::new(found))])
}

/// `s.field = value`
fn assignment(line: &str) -> Option<(&str, &str)> {
    let (left, value) = line.split_once('=')?;
    let (receiver, field) = left.trim().split_once('.')?;
    let plain = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    (plain(receiver) && plain(field)).then_some((field, value.trim_start()))
}

/// The name in `s.add_dependency(%q<name>.freeze, ...)` or `s.add_dependency("name", ...)`.
fn required(line: &str) -> Option<String> {
    match line.split_once("%q<") {
        Some((_, rest)) => rest.split('>').next().map(str::to_owned),
        None => strings(line).into_iter().next(),
    }
}

/// The texts in quotation marks, up to the end of the value: a modifier such as `if s.respond_to?` has none.
fn strings(value: &str) -> Vec<String> {
    let mut all = Vec::new();
    let mut chars = value.chars().peekable();
    while let Some(quote) = chars.find(|c| matches!(c, '"' | '\'')) {
        let mut text = String::new();
        loop {
            match chars.next() {
                None => return all,
                Some(c) if c == quote => break,
                Some('\\') if quote == '"' => match chars.next() {
                    Some('u') => text.extend(unicode(&mut chars)),
                    Some('n') => text.push('\n'),
                    Some(c) => text.push(c),
                    None => return all,
                },
                Some(c) => text.push(c),
            }
        }
        all.push(text);
    }
    all
}

/// The letter of `\u00e9` or `\u{e9}`.
fn unicode(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Option<char> {
    let braces = chars.next_if_eq(&'{').is_some();
    let mut code = 0;
    let mut count = 0;
    while let Some(digit) = chars.peek().and_then(|c| c.to_digit(16)).filter(|_| count < if braces { 6 } else { 4 }) {
        code = code * 16 + digit;
        count += 1;
        chars.next();
    }
    if braces {
        chars.next_if_eq(&'}');
    }
    char::from_u32(code).filter(|_| count > 0)
}

fn lock(_: &FileInfo<'_>, text: &str) -> Parsed {
    let mut section = "";
    let mut all: Vec<Found> = Vec::new();
    for line in text.lines() {
        let indent = line.len() - line.trim_start_matches(' ').len();
        let entry = line.trim();
        match indent {
            0 => section = entry,
            4 if matches!(section, "GEM" | "GIT" | "PATH" | "PLUGIN SOURCE") => {
                let Some((name, rest)) = entry.split_once(" (") else { continue };
                // A version has no dash; what follows one is the platform.
                let version = rest.trim_end_matches(')');
                let (version, platform) = version.split_once('-').unwrap_or((version, ""));
                all.push(Found { local: section == "PATH", ..package(name, version, platform) });
            }
            6 => {
                if let (Some(last), Some(name)) = (all.last_mut(), entry.split(' ').next()) {
                    last.needs.push(name.trim_end_matches('!').to_owned());
                }
            }
            _ => {}
        }
    }
    Ok(distinct(all))
}

#[cfg(test)]
mod tests {
    use super::super::Place::{Folder, Image};
    use crate::sbom::catalog::languages::testing::{count_shared, in_folder, in_image, one, summary};

    #[test]
    fn a_specification_says_what_is_installed() {
        let text = "# stub: acme 1.2.3 java lib\n\nGem::Specification.new do |s|\n  s.name = \"acme\".freeze\n  s.version = \"1.2.3\"\n  \
            s.platform = \"java\".freeze\n  s.authors = [\"Andr\\u00E9 A\".freeze, 'B'.freeze]\n  s.licenses = [\"MIT\".freeze, \"Ruby\"]\n  \
            s.homepage = \"https://acme.example/#{s.name}\"\n  s.summary = \"cuts #{CODE}\"\n  s.files = [\"lib/acme.rb\".freeze]\n  \
            s.add_runtime_dependency(%q<rack>.freeze, [\"~> 1\"])\n  s.add_dependency(\"json\", \">= 1\")\nend\n";
        let found = one(in_image("var/lib/gems/3.1.0/specifications/acme-1.2.3-java.gemspec", text));
        assert_eq!((&*found.name, &*found.version, &*found.qualifiers["platform"]), ("acme", "1.2.3", "java"));
        assert_eq!((&found.licenses[..], &*found.author), (&["MIT".to_owned(), "Ruby".to_owned()][..], "André A, B"));
        assert_eq!((&*found.homepage, &*found.description), ("https://acme.example/acme", ""));
        assert_eq!(
            (&found.files[..], &found.needs[..]),
            (
                &["var/lib/gems/3.1.0/gems/acme-1.2.3-java/lib/acme.rb".to_owned()][..],
                &["json".to_owned(), "rack".to_owned()][..]
            )
        );
    }

    #[test]
    fn a_specification_of_code_says_nothing() {
        for text in [
            "",
            "Gem::Specification.new do |s|\n s.name = NAME\n s.version = \"1\"\nend",
            "s.name = \"x\"\ns.version = Acme::VERSION",
        ] {
            assert_eq!(in_image("specifications/x.gemspec", text), [], "{text}");
        }
        assert_eq!(in_image("src/x.gemspec", "s.name = \"x\"\ns.version = \"1\""), []);
        assert_eq!(in_image("my-specifications/x.gemspec", "s.name = \"x\"\ns.version = \"1\""), []);
        assert_eq!(
            summary(in_image(
                "specifications/default/x.gemspec",
                "s.name = 'x'\ns.version = Gem::Version.new(\"1.0\")"
            )),
            "x@1.0"
        );
    }

    #[test]
    fn a_folder_whose_name_ends_alike_hides_no_specification() {
        let text = "s.name = 'a'\ns.version = '1'\ns.files = ['a.rb']\n";
        let found = one(in_image("opt/my-specifications/specifications/a.gemspec", text));
        assert_eq!(found.files, ["opt/my-specifications/gems/a-1/a.rb"]);
    }

    #[test]
    fn a_lock_tells_platforms_and_folders() {
        let text = "PATH\n  remote: own\n  specs:\n    own (0.1)\n\nGEM\n  remote: https://i.example/\n  specs:\n    a (1.0)\n      b (~> 2)\n    \
            b (2.0-x86_64-linux)\n\nPLATFORMS\n  ruby\n\nDEPENDENCIES\n  a!\n\nCHECKSUMS\n  a (1.0) sha256=00\n\nBUNDLED WITH\n    2.4 (x)\n";
        assert_eq!(summary(in_folder("Gemfile.lock", text)), "a@1.0 b@2.0 own@0.1!");
    }

    #[test]
    fn the_peers_files_are_read() {
        count_shared(&[
            (Image, "syft/cataloger/ruby/testdata/bundler.gemspec", "specifications/bundler.gemspec", 1),
            (Image, "syft/cataloger/ruby/testdata/formatador.gemspec", "specifications/formatador.gemspec", 1),
            (Folder, "syft/cataloger/ruby/testdata/Gemfile.lock", "Gemfile.lock", 52),
        ]);
    }
}
