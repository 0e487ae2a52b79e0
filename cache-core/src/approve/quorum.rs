//! Whether people suffice for groups that each need some of their own. A person counts once, for one group.

use std::collections::{BTreeMap, HashMap};

use super::names::normal;
use super::policy::Group;

/// A group that these people do not suffice for.
pub(super) struct Lacking<'g> {
    pub(super) group: &'g str,
    /// How many are missing.
    pub(super) people: usize,
    pub(super) required: usize,
}

/// The groups that these people do not suffice for.
///
/// Nobody is assigned for good: whoever is in two groups counts for the one that lacks somebody, as long as there is any way
/// to have all groups satisfied (a largest matching, by augmenting paths).
pub(super) fn lacking<'g>(groups: &'g BTreeMap<String, Group>, people: &[&str]) -> Vec<Lacking<'g>> {
    let index: HashMap<String, usize> = people.iter().enumerate().map(|(at, name)| (normal(name), at)).collect();
    let members = |group: &Group| group.of.iter().filter_map(|name| index.get(&normal(name)).copied()).collect();
    let mut seats = Seats { members: groups.values().map(members).collect(), taken: vec![None; people.len()] };
    let lacks = groups.iter().enumerate().map(|(at, (name, group))| {
        // Once one seat stays empty, so do the others of the group.
        let filled = (0..group.required).take_while(|_| seats.fill(at)).count();
        Lacking { group: name, people: group.required - filled, required: group.required }
    });
    lacks.filter(|it| it.people > 0).collect()
}

struct Seats {
    /// The people of each group.
    members: Vec<Vec<usize>>,
    /// The group that each person counts for.
    taken: Vec<Option<usize>>,
}

impl Seats {
    /// Finds one more person for a group, if need be by letting others count for another of their groups.
    fn fill(&mut self, group: usize) -> bool {
        // The group that wants each person who was looked at, and the person by whom each group was reached.
        let mut wanted_by: Vec<Option<usize>> = vec![None; self.taken.len()];
        let mut reached: HashMap<usize, Option<usize>> = HashMap::from([(group, None)]);
        let mut queue = vec![group];
        while let Some(group) = queue.pop() {
            for &person in &self.members[group] {
                if wanted_by[person].is_some() {
                    continue;
                }
                wanted_by[person] = Some(group);
                match self.taken[person] {
                    None => {
                        self.seat(person, &wanted_by, &reached);
                        return true;
                    }
                    Some(other) if !reached.contains_key(&other) => {
                        reached.insert(other, Some(person));
                        queue.push(other);
                    }
                    Some(_) => {}
                }
            }
        }
        false
    }

    /// Gives the person to the group that wants it, whose former person goes to the group that wants that one, and so on.
    fn seat(&mut self, free: usize, wanted_by: &[Option<usize>], reached: &HashMap<usize, Option<usize>>) {
        let mut next = Some(free);
        while let Some(person) = next {
            let Some(group) = wanted_by[person] else { return };
            self.taken[person] = Some(group);
            next = reached.get(&group).copied().flatten();
        }
    }
}
