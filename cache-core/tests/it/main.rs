//! One test binary for what only the outside of the crate can show.

#[cfg(test)]
mod architecture;
#[cfg(test)]
mod attached;
#[cfg(all(test, unix))]
mod helpers;
#[cfg(test)]
mod hostile;
#[cfg(test)]
#[cfg(feature = "conformance")]
mod interop_archives;
#[cfg(test)]
#[cfg(feature = "conformance")]
mod interop_cosign;
#[cfg(test)]
#[cfg(feature = "conformance")]
mod interop_keyless;
#[cfg(test)]
#[cfg(feature = "conformance")]
mod interop_keys;
#[cfg(test)]
#[cfg(feature = "conformance")]
mod interop_mock;
#[cfg(test)]
#[cfg(feature = "ecr")]
mod interop_moto;
#[cfg(test)]
#[cfg(feature = "conformance")]
mod interop_registries;
#[cfg(test)]
#[cfg(feature = "conformance")]
mod interop_suite;
#[cfg(test)]
mod keyless;
#[cfg(test)]
#[cfg(feature = "conformance")]
mod killed;
#[cfg(test)]
#[cfg(feature = "conformance")]
mod killed_cleaning;
#[cfg(test)]
#[cfg(feature = "conformance")]
mod many_manifests;
#[cfg(test)]
mod own_signer;
#[cfg(test)]
#[cfg(feature = "conformance")]
mod peers;
#[cfg(test)]
mod signing_data;
#[cfg(test)]
mod support;
#[cfg(test)]
mod uncompilable;
#[cfg(test)]
mod world;
