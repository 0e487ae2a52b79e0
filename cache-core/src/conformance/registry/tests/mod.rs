mod broken;

use super::*;
use crate::registry::{Layout, MemoryRegistry};

/// The adapters of this crate, one line each.
async fn passes(writer: impl RegistryWriter, repository: &Repository) {
    // Twice: what one run leaves must not disturb the next.
    for _ in 0..2 {
        let report = check_registry(&writer, repository).await;
        assert!(report.is_passed(), "{report}");
        assert!(report.checks().len() > 30);
        assert!(report.checks().iter().all(|c| c.outcome == Outcome::Passed), "{report}");
    }
}

#[tokio::test]
async fn the_memory_registry_passes() {
    passes(MemoryRegistry::new(), &Repository::parse("memory:team/app").unwrap()).await;
}

#[tokio::test]
async fn the_layout_passes() {
    let folder = tempfile::tempdir().unwrap();
    let repository = Repository::parse(&format!("oci:{}", folder.path().join("layout").display())).unwrap();
    passes(Layout::open(&repository).unwrap(), &repository).await;
}
