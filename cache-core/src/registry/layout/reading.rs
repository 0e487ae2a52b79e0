//! Reading a registry whose content is a layout, wherever its files are.

/// Implements [`Registry`](crate::registry::Registry) for a type with a method `read(&self, asked: &Repository, work)` that
/// runs `work` on its content, on a thread where it may block.
macro_rules! reads_as_layout {
    ($registry:ty, $files:ty) => {
        #[::async_trait::async_trait]
        impl $crate::registry::Registry for $registry {
            async fn resolve(&self, reference: &$crate::model::Reference) -> $crate::Result<$crate::model::Descriptor> {
                let asked = reference.clone();
                self.read(&reference.repository, move |content| content.resolve(&asked)).await
            }

            async fn manifest(&self, image: &$crate::model::Pinned) -> $crate::Result<$crate::model::Manifest> {
                let digest = image.digest.clone();
                self.read(&image.repository, move |content| content.manifest(&content.index()?, &digest)).await
            }

            async fn blob(
                &self,
                repository: &$crate::model::Repository,
                blob: &$crate::model::Descriptor,
            ) -> $crate::Result<$crate::registry::BlobStream> {
                let digest = blob.digest.clone();
                let part = self.read(repository, move |content| content.open_blob(&digest)).await?;
                Ok($crate::registry::BlobStream::verifying(blob, part.chunks()))
            }

            async fn tags(&self, repository: &$crate::model::Repository) -> $crate::Result<Vec<$crate::model::Tag>> {
                self.read(repository, $crate::registry::layout::content::Content::<$files>::tags).await
            }

            async fn referrers(
                &self,
                subject: &$crate::model::Pinned,
            ) -> $crate::Result<Vec<$crate::model::Descriptor>> {
                let digest = subject.digest.clone();
                self.read(&subject.repository, move |content| content.referrers(&digest)).await
            }
        }
    };
}
pub(in crate::registry) use reads_as_layout;
