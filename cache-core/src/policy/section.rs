//! One `promotion_to_…` section.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::num::{NonZeroU32, NonZeroUsize};
use std::time::Duration;

use serde::de::{Deserialize, Deserializer, Error, Visitor};

use super::entry::{Exception, Limit, Switch, Text, Unknown};
use super::promotion::{Promotion, Smoke};
use crate::gate::{HttpHealth, LicenseGate, ProvenanceGate, SignatureGate, SoakGate, WantedRef};
use crate::sbom::license::LicenseRules;
use crate::scan::{self, Limits, ScanPolicy};

const DAY: u64 = 24 * 60 * 60;

/// The keys of a section. What is absent is as in [`Promotion::default_for`].
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Section {
    max_critical: Option<Limit>,
    max_high: Option<Limit>,
    max_medium: Option<Limit>,
    max_low: Option<Limit>,
    max_fixable_critical: Option<Limit>,
    max_fixable_high: Option<Limit>,
    max_fixable_medium: Option<Limit>,
    max_fixable_low: Option<Limit>,
    known_exploited: Option<Unknown>,
    unknown_severity: Option<Unknown>,
    unscanned: Option<Unknown>,
    #[serde(default)]
    exceptions: Vec<Exception>,
    #[serde(default)]
    exceptions_need: Vec<Needed>,
    unused_exceptions: Option<Unknown>,
    warn_before_expiry_days: Option<u32>,
    vex: Option<Vex>,
    max_report_age_days: Option<u32>,
    max_data_age_days: Option<u32>,
    #[serde(default)]
    require_signed_evidence: bool,
    require_scan: Option<bool>,
    require_signature: Option<Switch<Signature>>,
    require_sbom: Option<bool>,
    require_license: Option<Switch<License>>,
    require_provenance: Option<Switch<Provenance>>,
    require_smoke_test: Option<SmokeTest>,
    require_soak: Option<Soak>,
    #[serde(default)]
    warn_only: BTreeSet<GateName>,
}

/// What of an exception has to be there.
#[derive(serde::Deserialize, Clone, Copy)]
#[serde(rename_all = "lowercase")]
enum Needed {
    Owner,
    Reason,
    Expires,
    Ticket,
}

impl Needed {
    fn lacks(self, exception: &scan::Exception) -> Option<&'static str> {
        let (there, name) = match self {
            Needed::Owner => (exception.owner.is_some(), "owner"),
            Needed::Reason => (exception.reason.is_some(), "reason"),
            Needed::Expires => (exception.expires.is_some(), "expires"),
            Needed::Ticket => (exception.ticket.is_some(), "ticket"),
        };
        (!there).then_some(name)
    }
}

/// Which VEX statements count.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Vex {
    #[serde(default)]
    unverified: bool,
    #[serde(default)]
    broad: bool,
}

/// The gates that a section may have.
#[derive(serde::Deserialize, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "lowercase")]
enum GateName {
    Cve,
    Signature,
    Sbom,
    License,
    Provenance,
    Smoke,
    Soak,
}

impl GateName {
    fn as_str(self) -> &'static str {
        match self {
            GateName::Cve => "cve",
            GateName::Signature => "signature",
            GateName::Sbom => "sbom",
            GateName::License => "license",
            GateName::Provenance => "provenance",
            GateName::Smoke => "smoke",
            GateName::Soak => "soak",
        }
    }
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct License {
    deny: Option<Vec<Pattern>>,
    review: Option<Vec<Pattern>>,
    unknown: Option<Unknown>,
    #[serde(default)]
    exceptions: Vec<Exception>,
}

/// What is demanded of signatures.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Signature {
    #[serde(default = "one")]
    signers: NonZeroUsize,
    #[serde(default)]
    annotations: BTreeMap<String, String>,
}

fn one() -> NonZeroUsize {
    NonZeroUsize::MIN
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Provenance {
    #[serde(default)]
    builders: Vec<Text>,
    #[serde(default)]
    sources: Vec<Text>,
    #[serde(default)]
    refs: Vec<Ref>,
    #[serde(default)]
    build_types: Vec<Text>,
    #[serde(default)]
    signed_by: BTreeMap<String, Vec<Text>>,
}

/// A branch, tag or version.
struct Ref(WantedRef);

impl<'de> Deserialize<'de> for Ref {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Text(text) = Text::deserialize(deserializer)?;
        text.parse().map(Ref).map_err(|e: crate::Error| D::Error::custom(e.message()))
    }
}

impl Provenance {
    fn gate(self) -> ProvenanceGate {
        let texts = |all: Vec<Text>| all.into_iter().map(|text| text.0).collect();
        ProvenanceGate {
            builders: texts(self.builders),
            sources: texts(self.sources),
            refs: self.refs.into_iter().map(|wanted| wanted.0).collect(),
            build_types: texts(self.build_types),
            signed_by: self.signed_by.into_iter().map(|(builder, signers)| (builder, texts(signers))).collect(),
        }
    }
}

/// A pattern of licence ids that means at least one licence there is: a misspelt one would deny nothing.
struct Pattern(String);

impl<'de> Deserialize<'de> for Pattern {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Text(pattern) = Text::deserialize(deserializer)?;
        if LicenseRules::is_pattern(&pattern) {
            return Ok(Pattern(pattern));
        }
        Err(D::Error::custom(format!("{pattern:?} means no licence of the SPDX licence list")))
    }
}

/// `true` (a signed result), `false`, or the URL of a health check.
enum SmokeTest {
    Off,
    Attested,
    Http(String),
}

impl<'de> Deserialize<'de> for SmokeTest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct V;
        impl Visitor<'_> for V {
            type Value = SmokeTest;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("true, false or the URL of a health check")
            }
            fn visit_bool<E>(self, value: bool) -> Result<SmokeTest, E> {
                Ok(if value { SmokeTest::Attested } else { SmokeTest::Off })
            }
            fn visit_str<E: Error>(self, url: &str) -> Result<SmokeTest, E> {
                HttpHealth::new(url).map_err(|e| E::custom(e.message()))?;
                Ok(SmokeTest::Http(url.to_owned()))
            }
        }
        deserializer.deserialize_any(V)
    }
}

/// How long the image must have been in another environment.
struct Soak(SoakGate);

impl<'de> Deserialize<'de> for Soak {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Keys {
            environment: Text,
            hours: Option<NonZeroU32>,
            days: Option<NonZeroU32>,
        }
        let Keys { environment: Text(environment), hours, days } = Keys::deserialize(deserializer)?;
        let hours = match (hours, days) {
            (Some(hours), None) => u64::from(hours.get()),
            (None, Some(days)) => u64::from(days.get()) * 24,
            _ => return Err(D::Error::custom("it takes either hours or days, and an environment")),
        };
        Ok(Soak(SoakGate { environment, at_least: Duration::from_secs(hours * 60 * 60) }))
    }
}

impl Section {
    /// What the section contradicts itself in.
    pub(super) fn check(&self) -> Result<(), String> {
        let license = match &self.require_license {
            Some(Switch::With(license)) => license.exceptions.as_slice(),
            _ => &[],
        };
        for Exception(exception) in self.exceptions.iter().chain(license) {
            if let Some(lacking) = self.exceptions_need.iter().find_map(|needed| needed.lacks(exception)) {
                return Err(format!(
                    "the exception for {} has no {lacking}, which exceptions_need asks for",
                    exception.id
                ));
            }
        }
        Ok(())
    }

    /// What the section says, over what it leaves to the default of the environment.
    pub(super) fn promotion(self, environment: &str) -> Promotion {
        let default = Promotion::default_for(environment);
        let limit = |said: Option<Limit>, default: Option<u32>| said.map_or(default, |limit| limit.0);
        let days = |days: Option<u32>| days.map(|days| Duration::from_secs(u64::from(days) * DAY));
        let signed = self.require_signed_evidence;
        let usual = ScanPolicy::default();
        let fixable = |said: Option<Limit>| said.and_then(|limit| limit.0);
        let scan = ScanPolicy {
            max_critical: limit(self.max_critical, usual.max_critical),
            max_high: limit(self.max_high, usual.max_high),
            max_medium: limit(self.max_medium, usual.max_medium),
            max_low: limit(self.max_low, usual.max_low),
            max_fixable: Limits {
                critical: fixable(self.max_fixable_critical),
                high: fixable(self.max_fixable_high),
                medium: fixable(self.max_fixable_medium),
                low: fixable(self.max_fixable_low),
            },
            exploited: self.known_exploited.map_or(usual.exploited, Into::into),
            unknown_severity: self.unknown_severity.map_or(usual.unknown_severity, Into::into),
            unscanned: self.unscanned.map_or(usual.unscanned, Into::into),
            exceptions: self.exceptions.into_iter().map(|exception| exception.0).collect(),
            unused_exceptions: self.unused_exceptions.map_or(usual.unused_exceptions, Into::into),
            expiry_warning: days(self.warn_before_expiry_days).unwrap_or(usual.expiry_warning),
            unverified_vex: self.vex.as_ref().is_some_and(|vex| vex.unverified),
            broad_vex: self.vex.as_ref().is_some_and(|vex| vex.broad),
            max_report_age: days(self.max_report_age_days),
            max_data_age: days(self.max_data_age_days),
            require_signed: signed,
        };
        let license = match self.require_license {
            None => default.license.clone(),
            Some(Switch::Off) => None,
            Some(Switch::On) => Some(LicenseGate::default()),
            Some(Switch::With(details)) => Some(details.gate()),
        };
        let provenance = match self.require_provenance {
            None => default.provenance.clone(),
            Some(Switch::Off) => None,
            Some(Switch::On) => Some(ProvenanceGate::default()),
            Some(Switch::With(details)) => Some(details.gate()),
        };
        let smoke = match self.require_smoke_test {
            None => default.smoke.clone(),
            Some(SmokeTest::Off) => None,
            Some(SmokeTest::Attested) => Some(Smoke::Attested),
            Some(SmokeTest::Http(url)) => Some(Smoke::Http(url)),
        };
        let signature = match self.require_signature {
            None => default.signature.clone(),
            Some(Switch::Off) => None,
            Some(Switch::On) => Some(SignatureGate::default()),
            Some(Switch::With(details)) => {
                Some(SignatureGate { signers: details.signers.get(), annotations: details.annotations })
            }
        };
        let promotion = Promotion {
            scan: self.require_scan.unwrap_or(true).then_some(scan),
            signature,
            sbom: self.require_sbom.unwrap_or(default.sbom),
            license: license.map(|gate| LicenseGate { require_signed: signed, ..gate }),
            provenance,
            smoke,
            soak: self.require_soak.map(|soak| soak.0),
            require_signed: signed,
            warn_only: self.warn_only.into_iter().map(GateName::as_str).collect(),
            removed: Vec::new(),
        };
        let (there, usual) = (promotion.names(), default.names());
        Promotion { removed: usual.into_iter().filter(|name| !there.contains(name)).collect(), ..promotion }
    }
}

impl License {
    fn gate(self) -> LicenseGate {
        let usual = LicenseRules::default();
        let list = |said: Option<Vec<Pattern>>, usual: Vec<String>| match said {
            Some(patterns) => patterns.into_iter().map(|pattern| pattern.0).collect(),
            None => usual,
        };
        let rules = LicenseRules {
            deny: list(self.deny, usual.deny),
            review: list(self.review, usual.review),
            lifted_by: usual.lifted_by,
        };
        LicenseGate {
            rules,
            unknown: self.unknown.map(Into::into).unwrap_or_default(),
            exceptions: self.exceptions.into_iter().map(|exception| exception.0).collect(),
            require_signed: false,
        }
    }
}
