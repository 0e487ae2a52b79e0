//! `index.json`: the names of a layout (OCI image specification, `image-layout.md`).

use serde_json::{Map, Value};

use crate::error::{Error, Result};
use crate::model::{Descriptor, Digest, Manifest, Tag};

/// The annotation that names a manifest in a layout.
pub(super) const REF_NAME: &str = "org.opencontainers.image.ref.name";

/// The content of `index.json`. Fields that Cache does not know are kept as they were.
#[derive(Debug, Clone)]
pub(crate) struct LayoutIndex {
    fields: Map<String, Value>,
    entries: Vec<Entry>,
}

#[derive(Debug, Clone)]
struct Entry {
    descriptor: Descriptor,
    fields: Map<String, Value>,
}

impl LayoutIndex {
    pub(in crate::registry) fn empty() -> Self {
        LayoutIndex { fields: Map::from_iter([("schemaVersion".to_owned(), 2.into())]), entries: Vec::new() }
    }

    pub(in crate::registry) fn parse(bytes: &[u8]) -> Result<Self> {
        let malformed = |what: &str| Error::invalid(format!("index.json is malformed: {what}"));
        let mut fields: Map<String, Value> =
            serde_json::from_slice(bytes).map_err(|e| malformed(&e.to_string()).caused_by(e))?;
        if fields.get("schemaVersion") != Some(&Value::from(2)) {
            return Err(malformed("schemaVersion is not 2"));
        }
        let listed = match fields.remove("manifests") {
            Some(Value::Array(listed)) => listed,
            Some(Value::Null) => Vec::new(),
            _ => return Err(malformed("it has no list of manifests")),
        };
        let entry = |(i, value): (usize, Value)| {
            let descriptor = serde_json::from_value(value.clone());
            let descriptor = descriptor.map_err(|e| malformed(&format!("manifests[{i}]: {e}")).caused_by(e))?;
            match value {
                Value::Object(fields) => Ok(Entry { descriptor, fields }),
                _ => Err(malformed(&format!("manifests[{i}] is not an object"))),
            }
        };
        let entries = listed.into_iter().enumerate().map(entry).collect::<Result<_>>()?;
        Ok(LayoutIndex { fields, entries })
    }

    pub(in crate::registry) fn to_json(&self) -> Result<Vec<u8>> {
        let mut fields = self.fields.clone();
        let listed = self.entries.iter().map(|e| Value::Object(e.fields.clone())).collect();
        fields.insert("manifests".into(), Value::Array(listed));
        serde_json::to_vec(&fields).map_err(|e| Error::unexpected("index.json cannot be written").caused_by(e))
    }

    /// Everything that is listed, named or not.
    pub(in crate::registry) fn descriptors(&self) -> impl Iterator<Item = &Descriptor> {
        self.entries.iter().map(|e| &e.descriptor)
    }

    /// The media type that the layout gives a manifest, where it lists it.
    pub(super) fn media_type(&self, digest: &Digest) -> Option<&str> {
        self.descriptors().find(|d| d.digest == *digest).map(|d| d.media_type.as_str())
    }

    /// What a tag names.
    pub(in crate::registry) fn find(&self, tag: &Tag) -> Result<Option<&Descriptor>> {
        let mut named = self.entries.iter().filter(|e| e.name() == Some(tag.as_str())).map(|e| &e.descriptor);
        let Some(first) = named.next() else { return Ok(None) };
        match named.find(|other| other.digest != first.digest) {
            None => Ok(Some(first)),
            Some(other) => Err(Error::invalid("one tag is given to two manifests here")
                .context("tag", tag)
                .context("first", &first.digest)
                .context("second", &other.digest)
                .hint("ask for one of them by its digest")),
        }
    }

    /// The names that are tags, sorted. A longer name, such as the full reference that crane can write, is none.
    pub(super) fn tags(&self) -> Vec<Tag> {
        let tags: std::collections::BTreeSet<Tag> = self.names().filter_map(|n| Tag::parse(n).ok()).collect();
        tags.into_iter().collect()
    }

    /// All names, whether they are tags or not.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().filter_map(Entry::name)
    }

    /// Lists a manifest without a name, unless it is listed.
    pub(in crate::registry) fn list(&mut self, descriptor: &Descriptor) -> Result<()> {
        if self.descriptors().all(|d| d.digest != descriptor.digest) {
            self.entries.push(Entry::new(descriptor.clone())?);
        }
        Ok(())
    }

    /// Takes out the entries of a manifest that have no name.
    pub(super) fn unlist(&mut self, digest: &Digest) {
        self.entries.retain(|e| e.descriptor.digest != *digest || e.name().is_some());
    }

    /// Takes out all entries of a manifest.
    pub(super) fn forget(&mut self, digest: &Digest) {
        self.entries.retain(|e| e.descriptor.digest != *digest);
    }

    /// Points a tag at a manifest, away from whatever it named.
    pub(super) fn name(&mut self, tag: &Tag, manifest: &Manifest) -> Result<()> {
        self.unname(tag);
        self.add_name(tag, manifest)
    }

    /// Gives a manifest one more tag. Where another has the tag already, it names neither.
    pub(in crate::registry) fn add_name(&mut self, tag: &Tag, manifest: &Manifest) -> Result<()> {
        let nameless = |e: &&mut Entry| e.descriptor.digest == *manifest.digest() && e.name().is_none();
        if let Some(entry) = self.entries.iter_mut().find(nameless) {
            return entry.set_name(tag);
        }
        let mut entry = Entry::new(manifest.descriptor())?;
        entry.set_name(tag)?;
        self.entries.push(entry);
        Ok(())
    }

    /// Takes a tag away. The manifest stays listed.
    pub(super) fn unname(&mut self, tag: &Tag) {
        let named = |e: &Entry| e.name() == Some(tag.as_str());
        while let Some(at) = self.entries.iter().position(named) {
            let entry = self.entries.remove(at);
            let still_listed = self.descriptors().any(|d| d.digest == entry.descriptor.digest);
            if !still_listed {
                self.entries.insert(at, entry.without_name());
            }
        }
    }
}

/// The name that an entry of `index.json` gives its manifest.
pub(super) fn name_of(entry: &Descriptor) -> Option<&str> {
    entry.annotations.get(REF_NAME).map(String::as_str)
}

impl Entry {
    fn new(descriptor: Descriptor) -> Result<Self> {
        let mut entry = Entry { descriptor, fields: Map::new() };
        entry.write()?;
        Ok(entry)
    }

    fn name(&self) -> Option<&str> {
        name_of(&self.descriptor)
    }

    fn set_name(&mut self, tag: &Tag) -> Result<()> {
        self.descriptor.annotations.insert(REF_NAME.into(), tag.to_string());
        self.write()
    }

    fn without_name(mut self) -> Self {
        self.descriptor.annotations.remove(REF_NAME);
        if let Some(Value::Object(annotations)) = self.fields.get_mut("annotations") {
            annotations.remove(REF_NAME);
            if annotations.is_empty() {
                self.fields.remove("annotations");
            }
        }
        self
    }

    /// Brings the descriptor into the fields, over what is there of other fields.
    fn write(&mut self) -> Result<()> {
        let value = serde_json::to_value(&self.descriptor);
        let value = value.map_err(|e| Error::unexpected("a descriptor cannot be written").caused_by(e))?;
        if let Value::Object(known) = value {
            self.fields.extend(known);
        }
        Ok(())
    }
}

#[cfg(test)]
#[path = "index_tests.rs"]
mod tests;
