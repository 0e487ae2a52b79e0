//! Layers and trees, with a cataloger of the tests' own: files `*.pkg` with a name and a version in each line.

mod layers;
mod trees;

use std::io::{Read, Write};
use std::sync::Arc;

use super::*;

#[derive(Debug)]
struct Lines;

impl Cataloger for Lines {
    fn name(&self) -> &'static str {
        "lines"
    }

    fn wants(&self, file: &FileInfo<'_>) -> bool {
        file.path.ends_with(".pkg")
    }

    fn read(&self, _: &FileInfo<'_>, content: &mut dyn Read) -> Result<Vec<Fact>> {
        let mut text = String::new();
        content.read_to_string(&mut text).map_err(super::tar::of_read)?;
        let words = text.lines().filter_map(|line| line.split_once(' '));
        let found = words.map(|(name, version)| Found {
            kind: "npm".into(),
            name: name.into(),
            version: version.into(),
            ..Found::default()
        });
        Ok(found.map(|found| Fact::Package(Box::new(found))).collect())
    }
}

fn catalog(limits: Limits) -> Catalog {
    Catalog::of(vec![Box::new(Lines)], limits)
}

/// An entry of a tar file: a path that ends in a slash is a folder; `-> x` is a link, `=> x` a hard link, else the content.
fn tar_of(entries: &[(&str, &str)]) -> Vec<u8> {
    let mut archive = ::tar::Builder::new(Vec::new());
    for (path, content) in entries {
        let mut header = ::tar::Header::new_gnu();
        header.set_mode(0o644);
        let link = content.strip_prefix("-> ").map(|to| (to, ::tar::EntryType::Symlink));
        match link.or(content.strip_prefix("=> ").map(|to| (to, ::tar::EntryType::Link))) {
            Some((target, kind)) => {
                header.set_entry_type(kind);
                header.set_size(0);
                archive.append_link(&mut header, path, target).unwrap();
            }
            None => {
                let folder = path.ends_with('/');
                header.set_entry_type(if folder { ::tar::EntryType::Directory } else { ::tar::EntryType::Regular });
                header.set_size(content.len() as u64);
                archive.append_data(&mut header, path, content.as_bytes()).unwrap();
            }
        }
    }
    archive.into_inner().unwrap()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(bytes).unwrap();
    packed.finish().unwrap()
}

fn layers(all: &[&[(&str, &str)]]) -> Vec<Arc<Layer>> {
    let catalog = catalog(Limits::default());
    all.iter().map(|entries| Arc::new(catalog.layer(&*tar_of(entries)).unwrap())).collect()
}

/// The packages of an image, each as `name version`.
fn packages(all: &[&[(&str, &str)]]) -> Vec<String> {
    names(&Catalog::assemble(&layers(all), &[]))
}

fn names(sbom: &Sbom<'_>) -> Vec<String> {
    sbom.packages.iter().map(|p| format!("{} {}", p.name, p.version.as_deref().unwrap_or_default())).collect()
}
