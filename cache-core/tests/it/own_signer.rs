//! A signer that is no part of the crate: what an adapter for a key management service has to write.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P384_SHA384_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _};
use cache_core::Result;
use cache_core::approve::Permit;
use cache_core::model::Identity;
use cache_core::plan::Form;
use cache_core::promote::Attachment;
use cache_core::sign::{Bundle, PublicKey, Sign, Signer, Trust};

use crate::world::{attach, evidence, image, signed};

/// Something that has a key and signs with it.
struct Service {
    pair: EcdsaKeyPair,
    public: PublicKey,
}

impl Service {
    fn new() -> Self {
        let pair = EcdsaKeyPair::generate(&ECDSA_P384_SHA384_ASN1_SIGNING).unwrap();
        let spki: PublicKeyX509Der<'_> = pair.public_key().as_der().unwrap();
        let pem = pem::encode(&pem::Pem::new("PUBLIC KEY", spki.as_ref()));
        let public = PublicKey::from_pem("service", &pem).unwrap();
        Service { pair, public }
    }
}

impl std::fmt::Debug for Service {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Service")
    }
}

#[async_trait]
impl Signer for Service {
    fn identity(&self) -> Identity {
        self.public.identity()
    }

    fn key(&self) -> Option<&PublicKey> {
        Some(&self.public)
    }

    async fn sign(&self, op: Permit<'_, Sign>) -> Result<Bundle> {
        op.expect_signer(&self.identity())?;
        let signature = self.pair.sign(&SystemRandom::new(), &op.message()).unwrap();
        op.bundle_by_key(&self.public, signature.as_ref().to_vec())
    }
}

#[tokio::test]
async fn a_signer_of_ones_own_signs_in_both_forms() {
    for form in [Form::Bundle, Form::CosignTag] {
        let (service, (registry, image)) = (Service::new(), image());
        let trust = Trust::in_keys(vec![service.public.clone()]);
        let signature = Attachment::Signature { annotations: BTreeMap::new(), form };
        attach(&registry, &image, Arc::new(service), vec![signature]).await;
        let seen = evidence(&registry, image.clone().into(), trust).await.unwrap();
        assert!(signed(&seen).await, "{form:?}: {:?}", seen.problems);
    }
}
