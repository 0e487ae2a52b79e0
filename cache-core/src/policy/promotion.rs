//! What an environment asks of an image, as data.

use std::sync::Arc;

use crate::error::Result;
use crate::gate::{
    AdvisoryGate, CveGate, LicenseGate, PromotionGate, ProvenanceGate, SbomGate, SignatureGate, SmokeGate, SoakGate,
};
use crate::scan::ScanPolicy;

/// What an image must show to enter an environment.
#[derive(Debug, Clone)]
pub struct Promotion {
    /// The limits of the gate `cve`; `None` where it was removed, and so for the others.
    pub scan: Option<ScanPolicy>,
    /// The gate `signature`.
    pub signature: Option<SignatureGate>,
    /// Whether the gate `sbom` is there.
    pub sbom: bool,
    /// The gate `license`.
    pub license: Option<LicenseGate>,
    /// The gate `provenance`.
    pub provenance: Option<ProvenanceGate>,
    /// The gate `smoke`.
    pub smoke: Option<Smoke>,
    /// The gate `soak`.
    pub soak: Option<SoakGate>,
    /// Whether only signed reports and SBOMs count.
    pub require_signed: bool,
    /// The gates whose "no" is only a warning, by name.
    pub warn_only: Vec<&'static str>,
    /// The gates that this environment has by default and the file removes, by name.
    pub removed: Vec<&'static str>,
}

/// How a smoke test is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Smoke {
    /// By a signed test result.
    Attested,
    /// By a health check at this URL.
    Http(String),
}

impl Promotion {
    /// What holds where the policy file says nothing: nothing critical and nothing high; in `staging` the gates `cve`,
    /// `signature` and `sbom`, in any other environment all six.
    pub fn default_for(environment: &str) -> Promotion {
        let all = environment != "staging";
        Promotion {
            scan: Some(ScanPolicy::default()),
            signature: Some(SignatureGate::default()),
            sbom: true,
            license: all.then(LicenseGate::default),
            provenance: all.then(ProvenanceGate::default),
            smoke: all.then_some(Smoke::Attested),
            soak: None,
            require_signed: false,
            warn_only: Vec::new(),
            removed: Vec::new(),
        }
    }

    /// The names of the gates, in the order in which they run.
    pub fn names(&self) -> Vec<&'static str> {
        let gates = [
            (self.scan.is_some(), "cve"),
            (self.signature.is_some(), "signature"),
            (self.sbom, "sbom"),
            (self.license.is_some(), "license"),
            (self.provenance.is_some(), "provenance"),
            (self.smoke.is_some(), "smoke"),
            (self.soak.is_some(), "soak"),
        ];
        gates.into_iter().filter(|(there, _)| *there).map(|(_, name)| name).collect()
    }

    /// The gates.
    ///
    /// # Errors
    /// `Invalid` where the URL of the health check is none.
    pub fn gates(&self) -> Result<Vec<Arc<dyn PromotionGate>>> {
        let mut gates: Vec<Arc<dyn PromotionGate>> = Vec::new();
        if let Some(scan) = &self.scan {
            gates.push(Arc::new(CveGate::new(scan.clone())));
        }
        if let Some(signature) = &self.signature {
            gates.push(Arc::new(signature.clone()));
        }
        if self.sbom {
            gates.push(Arc::new(SbomGate { require_signed: self.require_signed }));
        }
        if let Some(license) = &self.license {
            gates.push(Arc::new(license.clone()));
        }
        if let Some(provenance) = &self.provenance {
            gates.push(Arc::new(provenance.clone()));
        }
        match &self.smoke {
            Some(Smoke::Attested) => gates.push(Arc::new(SmokeGate::attested())),
            Some(Smoke::Http(url)) => gates.push(Arc::new(SmokeGate::http(url)?)),
            None => {}
        }
        if let Some(soak) = &self.soak {
            gates.push(Arc::new(soak.clone()));
        }
        let advise = |gate: Arc<dyn PromotionGate>| match self.warn_only.contains(&gate.name()) {
            true => Arc::new(AdvisoryGate::new(gate)),
            false => gate,
        };
        Ok(gates.into_iter().map(advise).collect())
    }
}
