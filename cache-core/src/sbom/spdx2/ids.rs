//! The identifiers of SPDX for elements that come from another format.

use foldhash::{HashMap, HashMapExt, HashSet, HashSetExt};

use super::super::bom::{Family, Sbom};
use super::super::text::{Text, plain_word};

/// By the ids that the elements had there.
pub(in crate::sbom) struct Ids(HashMap<String, Text<'static>>);

impl Ids {
    /// None are made where the elements have `own` ones.
    pub(in crate::sbom) fn of(sbom: &Sbom<'_>, own: bool) -> Ids {
        let mut ids = HashMap::new();
        if own {
            return Ids(ids);
        }
        let mut taken: HashSet<String> = HashSet::new();
        let mut times: HashMap<String, usize> = HashMap::new();
        let all = sbom.packages.iter().map(|p| (&p.id, "Package")).chain(sbom.files.iter().map(|f| (&f.id, "File")));
        for (id, what) in all.filter(|(id, _)| !id.is_empty()) {
            let plain = made(id, what, sbom.format.family);
            let mut made = plain.clone();
            while !taken.insert(made.clone()) {
                let times = times.entry(plain.clone()).or_insert(1);
                *times += 1;
                made = format!("{plain}-{times}");
            }
            ids.entry(id.to_string()).or_insert_with(|| made.into());
        }
        Ids(ids)
    }

    /// The identifier of the element with this id.
    pub(in crate::sbom) fn id<'s>(&self, id: &'s Text<'_>) -> Text<'s> {
        self.0.get(id.as_str()).cloned().unwrap_or_else(|| id.borrowed())
    }
}

/// Of an identifier of SPDX 3, which is an IRI, the end is what documents of SPDX 2 would have.
fn made(id: &str, what: &str, family: Family) -> String {
    let end = id.rsplit(['/', '#']).next().unwrap_or_default();
    match (family, end.starts_with("SPDXRef-")) {
        (Family::Spdx, true) => plain_word(end),
        (Family::Spdx, false) if !end.is_empty() => format!("SPDXRef-{what}-{}", plain_word(end)),
        _ => format!("SPDXRef-{what}-{}", plain_word(id)),
    }
}
