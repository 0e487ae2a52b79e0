//! What the SBOM is about.

use crate::error::{Error, Result};
use crate::model::{ImageManifest, Manifest, ManifestBody, Pinned, Purl};
use crate::registry::Registry;
use crate::sbom::{Kind, Package, Relation, Relationship, Sbom, Text};

/// The manifest of an image for one platform.
pub(super) async fn image_manifest(registry: &dyn Registry, image: &Pinned) -> Result<(Manifest, ImageManifest)> {
    let manifest = registry.manifest(image).await?;
    match manifest.value() {
        ManifestBody::Image(body) if is_image_config(&body.config.media_type) => {
            let body = body.clone();
            Ok((manifest, body))
        }
        ManifestBody::Image(image) => {
            let what = image.artifact_type.as_deref().unwrap_or(&image.config.media_type);
            Err(Error::unsupported("this is no container image").context("type", what))
        }
        ManifestBody::Index(_) => {
            Err(Error::unsupported("an SBOM is made of the image for one platform, and this is an index")
                .hint("name the image by its digest, or the platform"))
        }
    }
}

fn is_image_config(media_type: &str) -> bool {
    matches!(
        media_type,
        "application/vnd.oci.image.config.v1+json" | "application/vnd.docker.container.image.v1+json" | ""
    )
}

/// Makes the document about the image: it is described, and contains the packages.
pub(super) fn set_image(sbom: &mut Sbom<'static>, image: &Pinned) {
    let path = image.repository.path();
    let name = path.rsplit('/').next().unwrap_or(path);
    let host = image.repository.host();
    let url = if host.is_empty() { String::new() } else { format!("{host}/{path}") };
    let purl = Purl::builder("oci", name).version(image.digest.as_str()).qualifier("repository_url", url).build();
    let subject = Package {
        id: "image".into(),
        kind: Kind::Container,
        name: path.to_owned().into(),
        version: Some(image.digest.to_string().into()),
        purl: purl.ok().map(|purl| purl.to_string().into()),
        ..Package::default()
    };
    sbom.describes = vec![image.digest.clone()];
    set_subject(sbom, subject);
}

/// Makes the document about what `subject` says.
pub(super) fn set_subject(sbom: &mut Sbom<'static>, subject: Package<'static>) {
    let edge = |to: Text<'static>, from: Text<'static>, relation| Relationship {
        from,
        relation,
        to,
        rest: Default::default(),
    };
    let contained: Vec<_> =
        sbom.packages.iter().map(|package| edge(package.id.clone(), subject.id.clone(), Relation::Contains)).collect();
    sbom.metadata.name = Some(subject.name.clone());
    sbom.metadata.subject = Some(subject.id.clone());
    sbom.packages.insert(0, subject);
    sbom.relationships.splice(0..0, contained);
}
