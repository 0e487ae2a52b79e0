// error[E0308]: mismatched types
use cache_core::plan::SetTag;
use cache_core::registry::RegistryWriter;

async fn set(registry: &dyn RegistryWriter, op: SetTag) {
    let _ = registry.set_tag(op).await;
}

fn main() {}
