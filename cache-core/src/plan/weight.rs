//! Which changes a person has to see first, where not all of them are shown.

use super::{Change, Content, Expected, PlanBody};

/// What hangs on a change, the gravest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Weight {
    /// Something that is there goes away, or is not what it was.
    TakesAway,
    /// Somebody vouches for something.
    Signs,
    /// A name comes into the world.
    Names,
    /// Content that nobody sees without a name or a signature.
    Adds,
}

impl Change {
    /// Whether something that is there goes away: a tag that is moved, whatever is deleted.
    pub(crate) fn takes_away(&self) -> bool {
        self.weight() == Weight::TakesAway
    }

    fn weight(&self) -> Weight {
        match self {
            Change::Delete(_) | Change::Administer(_) => Weight::TakesAway,
            Change::SetTag(set) if set.expected != Expected::Absent => Weight::TakesAway,
            Change::AddLayers(_) => Weight::Signs,
            Change::Attach(attach) if matches!(attach.content, Content::Statement { .. }) => Weight::Signs,
            Change::SetTag(_) => Weight::Names,
            Change::Attach(_) | Change::Copy(_) => Weight::Adds,
        }
    }
}

impl PlanBody {
    /// The changes, the gravest first, else in their order.
    pub(crate) fn by_weight(&self) -> Vec<&Change> {
        let mut changes: Vec<&Change> = self.changes.iter().collect();
        changes.sort_by_key(|change| change.weight());
        changes
    }
}
