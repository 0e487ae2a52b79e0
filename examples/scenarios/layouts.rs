//! The images of the scenarios, as OCI layouts. The same bytes at every call and on every machine.

use std::error::Error;
use std::fs;
use std::path::Path;

use cache_core::model::manifest::media_type;
use cache_core::model::{Descriptor, Digest};
use cache_core::sign::BUNDLE_V03;
use serde_json::{Value, json};

/// The result of preparing files.
pub type Done<T = ()> = Result<T, Box<dyn Error>>;

/// Prepares `folder` for one scenario: the layouts, the keys and the approvals, found in `here`.
pub fn prepare(here: &Path, name: &str, folder: &Path) -> Done {
    let scenario: Value = serde_json::from_slice(&fs::read(here.join(format!("{name}.json")))?)?;
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    fs::create_dir_all(folder.join("keys"))?;
    for entry in fs::read_dir(here.join("keys"))? {
        let entry = entry?;
        fs::copy(entry.path(), folder.join("keys").join(entry.file_name()))?;
    }
    for place in ["source", "target", "moved"] {
        if let Some(image) = scenario[place].as_str() {
            let program = if image == "other" { "another program\n" } else { "a program\n" };
            let signature = (image == "signed").then(|| fs::read(here.join("signature.json"))).transpose()?;
            write(&folder.join(place), &[("program", program)], signature.as_deref())?;
        }
    }
    let approval = here.join(format!("approvals/{name}.json"));
    if approval.exists() {
        fs::copy(approval, folder.join("approval.json"))?;
    }
    Ok(())
}

/// Writes an image of these files, under the tag `v1`, with the bundle that signs it.
pub fn write(folder: &Path, files: &[(&str, &str)], signature: Option<&[u8]>) -> Done {
    let mut layout = Layout { folder, listed: Vec::new() };
    fs::create_dir_all(folder.join("blobs/sha256"))?;
    let subject = layout.image(files)?;
    if let Some(signature) = signature {
        let bundle = layout.blob(BUNDLE_V03, signature)?;
        let config = layout.blob(media_type::OCI_EMPTY, b"{}")?;
        let artifact = json!({
            "schemaVersion": 2, "mediaType": media_type::OCI_MANIFEST, "artifactType": BUNDLE_V03,
            "config": config, "layers": [bundle], "subject": subject,
        });
        let artifact = layout.blob(media_type::OCI_MANIFEST, &serde_json::to_vec(&artifact)?)?;
        layout.listed.push(json!(artifact));
    }
    fs::write(folder.join("oci-layout"), "{\"imageLayoutVersion\":\"1.0.0\"}")?;
    let index = json!({"schemaVersion": 2, "mediaType": media_type::OCI_INDEX, "manifests": layout.listed});
    Ok(fs::write(folder.join("index.json"), serde_json::to_vec(&index)?)?)
}

struct Layout<'a> {
    folder: &'a Path,
    listed: Vec<Value>,
}

impl Layout<'_> {
    fn blob(&self, kind: &str, bytes: &[u8]) -> Done<Descriptor> {
        let descriptor = Descriptor::of(kind, bytes);
        fs::write(self.folder.join("blobs/sha256").join(descriptor.digest.hex()), bytes)?;
        Ok(descriptor)
    }

    /// An image of these files.
    fn image(&mut self, files: &[(&str, &str)]) -> Done<Descriptor> {
        let mut archive = tar::Builder::new(Vec::new());
        for (path, content) in files {
            let mut header = tar::Header::new_gnu();
            header.set_size(content.len() as u64);
            header.set_mode(0o755);
            archive.append_data(&mut header, path, content.as_bytes())?;
        }
        let layer = archive.into_inner()?;
        let config = json!({
            "architecture": "amd64", "os": "linux", "rootfs": {"type": "layers", "diff_ids": [Digest::of(&layer)]},
        });
        let config = self.blob(media_type::OCI_CONFIG, &serde_json::to_vec(&config)?)?;
        let layer = self.blob("application/vnd.oci.image.layer.v1.tar", &layer)?;
        let manifest = json!({
            "schemaVersion": 2, "mediaType": media_type::OCI_MANIFEST, "config": config, "layers": [layer],
        });
        let image = self.blob(media_type::OCI_MANIFEST, &serde_json::to_vec(&manifest)?)?;
        let mut listed = json!(image);
        listed["annotations"] = json!({"org.opencontainers.image.ref.name": "v1"});
        self.listed.push(listed);
        Ok(image)
    }
}
