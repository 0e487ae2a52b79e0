//! Which of the services in a signing configuration are used (`ServiceSelector` of `sigstore_trustroot.proto`).

use std::collections::BTreeMap;

use crate::error::{Error, Result};
use crate::model::Timestamp;
use crate::sign::root::{Selector, Service, SigningConfig};

/// The versions of the interfaces that are spoken. In configurations the certificate authority's is 1, whose address has a 2.
const AUTHORITY: &[u32] = &[1];
const LOG: &[u32] = &[1, 2];
const TIMESTAMPS: &[u32] = &[1];

/// The services for one signature.
#[derive(Debug)]
pub(in crate::sign) struct Chosen {
    pub(super) authority: Option<Service>,
    pub(in crate::sign) logs: Vec<Service>,
    pub(in crate::sign) timestamp_authorities: Vec<Service>,
}

impl Chosen {
    /// Chooses, for a signature that is made now.
    pub(super) fn of(config: &SigningConfig, now: Timestamp) -> Result<Self> {
        Ok(Chosen {
            authority: usable(&config.authorities, AUTHORITY, now).into_iter().next(),
            logs: select(&config.logs, LOG, config.log_selector, now)
                .map_err(|e| e.context("service", "transparency log"))?,
            timestamp_authorities: select(&config.timestamp_authorities, TIMESTAMPS, config.timestamp_selector, now)
                .map_err(|e| e.context("service", "timestamp authority"))?,
        })
    }

    /// Whether something of it will prove when the signature was made: a timestamp, or a log that signs times.
    pub(super) fn proves_time(&self) -> bool {
        !self.timestamp_authorities.is_empty() || self.logs.iter().any(|log| log.major_api_version == 1)
    }
}

/// Of each operator the newest service that is in use and whose interface is spoken, in the order of the configuration.
fn usable(services: &[Service], versions: &[u32], now: Timestamp) -> Vec<Service> {
    let usable = |service: &&Service| versions.contains(&service.major_api_version) && service.valid.contains(now);
    let newness = |service: &Service| (service.major_api_version, service.valid.start);
    let mut best: BTreeMap<&str, (usize, &Service)> = BTreeMap::new();
    for (at, service) in services.iter().enumerate().filter(|(_, service)| usable(service)) {
        let kept = best.entry(&service.operator).or_insert((at, service));
        if newness(service) > newness(kept.1) {
            *kept = (at, service);
        }
    }
    let mut chosen: Vec<_> = best.into_values().collect();
    chosen.sort_by_key(|(at, _)| *at);
    chosen.into_iter().map(|(_, service)| service.clone()).collect()
}

fn select(services: &[Service], versions: &[u32], selector: Selector, now: Timestamp) -> Result<Vec<Service>> {
    // A configuration that names none wants none.
    if services.is_empty() && !matches!(selector, Selector::Exact(_)) {
        return Ok(Vec::new());
    }
    let mut usable = usable(services, versions, now);
    let wanted = match selector {
        Selector::Any => 1,
        Selector::All => usable.len().max(1),
        Selector::Exact(count) => usize::try_from(count).unwrap_or(usize::MAX),
    };
    if usable.len() < wanted {
        return Err(Error::invalid("the signing configuration has not enough services that can be used now")
            .context("usable", usable.len())
            .context("wanted", wanted));
    }
    usable.truncate(wanted);
    Ok(usable)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sign::Window;

    fn service(url: &str, version: u32, operator: &str, from: i64, until: Option<i64>) -> Service {
        let at = |seconds| Timestamp::from_unix(seconds).unwrap();
        let valid = Window { start: Some(at(from)), end: until.map(at) };
        Service { url: url.into(), major_api_version: version, valid, operator: operator.into() }
    }

    fn urls(services: &[Service], selector: Selector) -> Result<Vec<String>> {
        let now = Timestamp::from_unix(100).unwrap();
        Ok(select(services, LOG, selector, now)?.into_iter().map(|service| service.url).collect())
    }

    #[test]
    fn of_each_operator_the_newest_version_and_then_the_newest_service_is_used() {
        let services = [
            service("a-1", 1, "a", 0, None),
            service("a-2-old", 2, "a", 0, None),
            service("a-2", 2, "a", 50, None),
            service("a-3", 3, "a", 0, None),
            service("a-later", 2, "a", 101, None),
            service("b-over", 2, "b", 0, Some(99)),
            service("b", 1, "b", 0, Some(100)),
        ];
        assert_eq!(urls(&services, Selector::All).unwrap(), ["a-2", "b"]);
        assert_eq!(urls(&services, Selector::Any).unwrap(), ["a-2"]);
        assert_eq!(urls(&services, Selector::Exact(2)).unwrap(), ["a-2", "b"]);
        assert_eq!(urls(&services, Selector::Exact(1)).unwrap(), ["a-2"]);
        assert!(urls(&services, Selector::Exact(3)).is_err());
    }

    #[test]
    fn services_that_cannot_be_used_are_no_reason_to_go_without() {
        let over = [service("a", 1, "a", 0, Some(10)), service("b", 9, "b", 0, None)];
        for selector in [Selector::Any, Selector::All, Selector::Exact(1)] {
            assert!(urls(&over, selector).is_err(), "{selector:?}");
        }
        assert!(urls(&[], Selector::Any).unwrap().is_empty());
        assert!(urls(&[], Selector::All).unwrap().is_empty());
        assert!(urls(&[], Selector::Exact(1)).is_err());
    }

    #[test]
    fn the_public_configurations_are_chosen_from() {
        let Some(folder) = crate::document::shared_data("signing/roots") else { return };
        let now = Timestamp::parse("2026-11-01").unwrap();
        for (file, log) in
            [("public-good.signing_config.v0.2.json", 1), ("public-good.signing_config_rekor_v2.v0.2.json", 2)]
        {
            let config = SigningConfig::parse(&std::fs::read(folder.join(file)).unwrap()).unwrap();
            let chosen = Chosen::of(&config, now).unwrap();
            assert!(chosen.authority.is_some() && chosen.proves_time(), "{file}");
            assert_eq!(chosen.logs.iter().map(|log| log.major_api_version).collect::<Vec<_>>(), [log], "{file}");
        }
    }
}
