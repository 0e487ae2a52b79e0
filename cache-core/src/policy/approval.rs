//! The section `approval_policy`.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};

use super::entry::Text;
use crate::approve::{ApprovalKind, ApprovalPolicy, Approver, Freeze, Group};
use crate::sign::{Demands, IdentityConfig, PublicKey};

/// Which approvals count for one environment; checked to be satisfiable.
pub(super) struct Approvals(pub(super) ApprovalPolicy);

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Keys {
    required: Option<u32>,
    kinds: Option<Vec<ApprovalKind>>,
    #[serde(default)]
    approvers: Vec<Person>,
    #[serde(default)]
    groups: BTreeMap<String, Group>,
    exclude_requester: Option<bool>,
    max_age_hours: Option<u32>,
    demands: Option<Demands>,
    #[serde(default)]
    freeze: Vec<Freeze>,
}

impl<'de> Deserialize<'de> for Approvals {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let keys = Keys::deserialize(deserializer)?;
        let usual = ApprovalPolicy::default();
        let hours = |hours: u32| Duration::from_secs(u64::from(hours) * 60 * 60);
        let least = ApprovalPolicy::needed_by(&keys.groups).max(usual.required);
        let policy = ApprovalPolicy {
            accept: keys.kinds.unwrap_or(usual.accept),
            required: keys.required.map_or(least, |required| required as usize),
            approvers: keys.approvers.into_iter().map(|person| person.0).collect(),
            groups: keys.groups,
            freezes: keys.freeze,
            exclude_requester: keys.exclude_requester.unwrap_or(usual.exclude_requester),
            max_age: keys.max_age_hours.map_or(usual.max_age, hours),
            demands: keys.demands.unwrap_or(usual.demands),
            ..usual
        };
        policy.check().map_err(|e| D::Error::custom(e.message()))?;
        Ok(Approvals(policy))
    }
}

/// A name alone, or an object with a name, a public key in PEM, and who the person is to providers of identities.
struct Person(Approver);

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Named {
    name: Text,
    key: Option<Text>,
    #[serde(default)]
    identities: Vec<IdentityConfig>,
}

impl<'de> Deserialize<'de> for Person {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct V;
        impl<'de> Visitor<'de> for V {
            type Value = Person;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a name, or an object with name, key and identities")
            }
            fn visit_str<E: Error>(self, name: &str) -> Result<Person, E> {
                if name.trim().is_empty() {
                    return Err(E::custom("the name is empty"));
                }
                Ok(Person(Approver { name: name.trim().to_owned(), ..Approver::default() }))
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Person, A::Error> {
                let Named { name: Text(name), key, identities } = Named::deserialize(MapAccessDeserializer::new(map))?;
                let key = key.map(|Text(pem)| PublicKey::from_pem(name.as_str(), &pem)).transpose();
                let key = key.map_err(|e| A::Error::custom(e.message()))?;
                let identities = identities.iter().map(IdentityConfig::rule).collect::<Result<_, _>>();
                let identities = identities.map_err(|e| A::Error::custom(e.message()))?;
                Ok(Person(Approver { name, key, identities }))
            }
        }
        deserializer.deserialize_any(V)
    }
}
