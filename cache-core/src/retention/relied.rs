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

/// What a verdict says of the inventories, to people and to who executes the plan. `here` has how many images of each are of the
/// repositories that were looked at.
pub(super) fn told(inventories: &[InventoryNote], here: &[usize]) -> (Vec<Reason>, Vec<LookedAt>) {
    let told = |note: &InventoryNote, here: usize| {
        let InventoryNote { source, images, taken, .. } = note;
        format!("{source}{BETWEEN}{here} of {images} images are of these repositories{BETWEEN}taken {taken}")
    };
    let each = || inventories.iter().zip(here.iter().copied());
    let reasons = each().map(|(note, here)| {
        let told = format!("deployed by {}", told(note, here));
        if here > 0 {
            return Reason::pass("deployed", told);
        }
        let why = "nothing stays for being deployed there";
        let hint = "where it has other names for these repositories, tell them by mirrors";
        Reason::warn("deployed-elsewhere", format!("{told}: {why}; {hint}"))
    });
    let looked_at = each().map(|(note, here)| LookedAt {
        what: INVENTORY.to_owned(),
        digest: note.digest.clone(),
        about: note.digest.clone(),
        source: told(note, here),
    });
    (reasons.collect(), looked_at.collect())
}

/// The sources of the inventories that a plan relies on.
pub(super) fn sources(plan: &PlanBody) -> Vec<&str> {
    inventories(plan).map(|(source, _)| source).collect()
}

/// Whether a plan says of all inventories of this source that nothing in them is of its repositories: who approved it read that.
pub(super) fn is_told_elsewhere(plan: &PlanBody, source: &str) -> bool {
    inventories(plan).filter(|(told, _)| *told == source).all(|(_, images)| images.starts_with("0 of "))
}

/// The inventories that a plan relies on: the source of each, and what is told of its images.
fn inventories(plan: &PlanBody) -> impl Iterator<Item = (&str, &str)> {
    let looked_at = plan.verdicts.iter().flat_map(|verdict| &verdict.looked_at);
    looked_at.filter(|looked_at| looked_at.what == INVENTORY).map(|told| {
        // A source may have commas in it, the rest of what is told has none.
        let mut parts = told.source.rsplitn(3, BETWEEN).skip(1);
        let images = parts.next().unwrap_or_default();
        (parts.next().unwrap_or(&told.source), images)
    })
}
