//! Which packages an archive is: itself, and those whose classes were put into it.

use super::manifest::Manifest;
use super::{file_name, groups};
use crate::sbom::catalog::Found;

/// The property of packages that lie in the archive of another.
pub(super) const SHADED: &str = "shaded";
/// The property of packages whose group nothing tells; it is taken to be the name, as it was before Maven 2.
const ASSUMED: &str = "group-assumed";

/// What an archive says of itself.
#[derive(Debug, Default)]
pub(super) struct Archive<'a> {
    pub(super) file_name: &'a str,
    pub(super) manifest: Option<Manifest>,
    /// From each `pom.properties`, by the folder that it lies in.
    pub(super) properties: Vec<(String, Coordinates)>,
    /// From each `pom.xml`, likewise.
    pub(super) projects: Vec<(String, Found)>,
}

/// The names by which Maven knows an artifact.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Coordinates {
    group: String,
    artifact: String,
    version: String,
}

impl Coordinates {
    /// A `pom.properties`; nothing where it names no artifact or no version, or only placeholders.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut own = Coordinates::default();
        for line in text.lines().map(str::trim).filter(|line| !line.starts_with(['#', '!'])) {
            let Some((key, value)) = line.split_once(['=', ':']) else { continue };
            let value = value.trim().to_owned();
            match key.trim() {
                "groupId" => own.group = value,
                "artifactId" => own.artifact = value,
                "version" => own.version = value,
                _ => {}
            }
        }
        let known = |text: &str| !text.is_empty() && !text.contains("${");
        (known(&own.artifact) && known(&own.version)).then_some(own)
    }
}

impl Archive<'_> {
    /// The package that the archive is comes first, unless it has the property [`SHADED`]: then it is none.
    pub(super) fn packages(&self) -> Vec<Found> {
        // Agents of this kind state names and versions of the library that they weave into.
        if self.manifest.as_ref().is_some_and(|manifest| manifest.main("Weave-Classes").is_some()) {
            return Vec::new();
        }
        let own = self.own();
        let main = self.main(own);
        let mut packages: Vec<Found> = main.into_iter().collect();
        for (folder, coordinates) in &self.properties {
            if own.is_some_and(|(_, own)| own == coordinates) {
                continue;
            }
            let project = self.project(folder);
            let mut found = package(&coordinates.artifact, &coordinates.version);
            let group = Some(&coordinates.group).filter(|group| !group.is_empty()).cloned();
            let group =
                group.or_else(|| project.map(|project| project.namespace.clone()).filter(|group| !group.is_empty()));
            set_group(&mut found, group.or_else(|| groups::of(&coordinates.artifact, None)));
            found.licenses = project.map(|project| project.licenses.clone()).unwrap_or_default();
            let known = packages.iter().any(|one| {
                (&one.namespace, &one.name, &one.version) == (&found.namespace, &found.name, &found.version)
            });
            if !known {
                found.properties.insert(SHADED.to_owned(), "true".to_owned());
                packages.push(found);
            }
        }
        packages
    }

    fn main(&self, own: Option<&(String, Coordinates)>) -> Option<Found> {
        let manifest = self.manifest.as_ref();
        let project = match own {
            Some((folder, _)) => self.project(folder),
            // The only description of a project, where there is nothing shorter.
            None => match &self.projects[..] {
                [(_, project)] if self.properties.is_empty() => Some(project),
                _ => None,
            },
        };
        let (stem, in_name) = file_name::parts(self.file_name);
        let described = own.is_some() || project.is_some();
        if !described && manifest.is_none() && in_name.is_empty() {
            return None;
        }
        let first =
            |texts: [Option<&str>; 4]| texts.into_iter().flatten().find(|text| !text.is_empty()).map(str::to_owned);
        let own = own.map(|(_, coordinates)| coordinates);
        let name = first([
            own.map(|own| own.artifact.as_str()),
            project.map(|project| project.name.as_str()),
            manifest.and_then(bundle),
            Some(file_name::artifact(stem)),
        ]);
        let name = name.or_else(|| titled(manifest?))?;
        let version = first([
            own.map(|own| own.version.as_str()),
            project.map(|project| project.version.as_str()),
            Some(in_name),
            manifest.and_then(versioned),
        ]);
        let group = first([
            own.map(|own| own.group.as_str()),
            // Some put the group where the artifact belongs.
            own.map(|own| own.artifact.as_str()).filter(|artifact| artifact.contains('.')),
            project.map(|project| project.namespace.as_str()),
            None,
        ]);
        let mut found = package(&name, &version.unwrap_or_default());
        set_group(&mut found, group.or_else(|| groups::of(&name, manifest)));
        found.licenses = manifest.map(Manifest::licenses).unwrap_or_default();
        if let Some(project) = project {
            if found.licenses.is_empty() {
                found.licenses.clone_from(&project.licenses);
            }
            found.description.clone_from(&project.description);
            found.homepage.clone_from(&project.homepage);
        }
        Some(found)
    }

    /// The `pom.properties` of the archive itself: the one that the file's name fits.
    fn own(&self) -> Option<&(String, Coordinates)> {
        let (stem, _) = file_name::parts(self.file_name);
        if stem.is_empty() {
            return None;
        }
        let exact = self.properties.iter().any(|(_, own)| own.artifact == stem);
        let fits = |own: &Coordinates| match exact {
            true => own.artifact == stem,
            false => own.artifact.starts_with(stem) || ends_in(stem, &own.artifact),
        };
        let fitting: Vec<_> = self.properties.iter().filter(|(_, own)| fits(own)).collect();
        // Of several, one whose project is described, and rather one whose group is in the file's name too.
        let described = |one: &&&(String, Coordinates)| self.project(&one.0).is_some();
        let grouped = |one: &&&(String, Coordinates)| !one.1.group.is_empty() && stem.contains(&one.1.group);
        let best = fitting.iter().find(|one| described(one) && (exact || grouped(one)));
        let best = best.or_else(|| fitting.iter().find(described)).or_else(|| fitting.first()).copied();
        // The name that the manifest gives where the file was renamed.
        best.or_else(|| {
            let name = self.manifest.as_ref().and_then(bundle)?;
            self.properties.iter().find(|(_, own)| own.artifact == name)
        })
    }

    fn project(&self, folder: &str) -> Option<&Found> {
        self.projects.iter().find(|(place, _)| place == folder).map(|(_, project)| project)
    }
}

/// Whether a name ends in an artifact's, with its group or something else before it.
fn ends_in(name: &str, artifact: &str) -> bool {
    name.strip_suffix(artifact).is_some()
}

fn package(name: &str, version: &str) -> Found {
    Found { kind: "maven".to_owned(), name: name.to_owned(), version: version.to_owned(), ..Found::default() }
}

fn set_group(found: &mut Found, group: Option<String>) {
    let group = group.map(|group| group.split(';').next().unwrap_or_default().trim().to_owned());
    found.namespace = group.filter(|group| !group.is_empty()).unwrap_or_else(|| {
        found.properties.insert(ASSUMED.to_owned(), "true".to_owned());
        found.name.clone()
    });
}

/// The artifact in a symbolic name that the bundle plugin of Maven made of group and artifact.
fn bundle(manifest: &Manifest) -> Option<&str> {
    let made = manifest.main("Created-By").is_some_and(|by| by.contains("Apache Maven Bundle Plugin"));
    let name = manifest.main("Bundle-SymbolicName").filter(|_| made)?;
    // Some set it to the group alone.
    if manifest.main("Implementation-Vendor-Id") == Some(name) {
        return None;
    }
    name.split(';').next()?.trim().rsplit('.').next()
}

fn titled(manifest: &Manifest) -> Option<String> {
    let titles = ["Name", "Bundle-Name", "Short-Name", "Extension-Name", "Implementation-Title"];
    titles.into_iter().find_map(|header| manifest.main(header)).map(str::to_owned)
}

fn versioned(manifest: &Manifest) -> Option<&str> {
    let headers = ["Implementation-Version", "Specification-Version", "Plugin-Version", "Bundle-Version"];
    headers.into_iter().find_map(|header| manifest.any(header)).filter(|version| !version.contains("${"))
}
