//! The inventories that a plan relies on, as its verdict names them.

use super::inventory::Inventory;
use super::planning::InventoryNote;
use crate::error::Result;
use crate::model::{LookedAt, Raw, Reason};
use crate::plan::PlanBody;

/// What a verdict calls an inventory that was looked at.
const INVENTORY: &str = "inventory";
/// What stands between its source and the rest of what is told.
const BETWEEN: &str = ", ";

/// What is noted of an inventory.
pub(super) fn note(inventory: &Inventory) -> Result<InventoryNote> {
    let digest = Raw::canonical(inventory.clone())?.digest().clone();
    Ok(InventoryNote {
        source: inventory.source.clone(),
        taken: inventory.taken,
        images: inventory.images.len(),
        digest,
    })
}

/// What a verdict says of the inventories, to people and to who executes the plan.
pub(super) fn told(inventories: &[InventoryNote]) -> (Vec<Reason>, Vec<LookedAt>) {
    let told =
        |note: &InventoryNote| format!("{}{BETWEEN}{} images{BETWEEN}taken {}", note.source, note.images, note.taken);
    let reasons = inventories.iter().map(|note| Reason::pass("deployed", format!("deployed by {}", told(note))));
    let looked_at = inventories.iter().map(|note| LookedAt {
        what: INVENTORY.to_owned(),
        digest: note.digest.clone(),
        about: note.digest.clone(),
        source: told(note),
    });
    (reasons.collect(), looked_at.collect())
}

/// The sources of the inventories that a plan relies on.
pub(super) fn sources(plan: &PlanBody) -> Vec<&str> {
    let looked_at = plan.verdicts.iter().flat_map(|verdict| &verdict.looked_at);
    let inventories = looked_at.filter(|looked_at| looked_at.what == INVENTORY);
    // A source may have commas in it, the rest of what is told has none.
    inventories.map(|told| told.source.rsplitn(3, BETWEEN).nth(2).unwrap_or(&told.source)).collect()
}
