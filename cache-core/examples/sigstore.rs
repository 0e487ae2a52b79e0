//! Runs Sigstore's services of the conformance suite alone, for clients in other languages. One line of JSON says where they
//! are and what to trust; they stop when the input ends.
//!
//!     sigstore [VERSION...]      a transparency log for each version of Rekor's interface, 1 and 2 without a word
#![allow(clippy::print_stdout, reason = "the line is what the caller waits for")]

use std::io::Read as _;
use std::process::ExitCode;

use cache_core::conformance::Sigstore;
use serde_json::json;

fn main() -> ExitCode {
    let versions: Result<Vec<u32>, _> = std::env::args().skip(1).map(|word| word.parse()).collect();
    let (Ok(versions), Ok(runtime)) = (versions, tokio::runtime::Builder::new_multi_thread().enable_all().build())
    else {
        return ExitCode::FAILURE;
    };
    let versions = if versions.is_empty() { vec![1, 2] } else { versions };
    let sigstore = runtime.block_on(Sigstore::start(&versions));
    let line = json!({
        "trustedRoot": sigstore.trusted_root(), "signingConfig": sigstore.signing_config(), "issuer": sigstore.issuer(),
        "tuf": {"url": sigstore.tuf_url(), "root": sigstore.tuf_root()},
    });
    println!("{line}");
    // Whoever started it is done, or gone.
    let _ = std::io::stdin().read_to_end(&mut Vec::new());
    ExitCode::SUCCESS
}
