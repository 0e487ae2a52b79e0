//! Reads one blob, verified, to nowhere: what `make bench` measures as pull.
//!
//!     cargo run --release --example pull -- docker://HOST/REPO@DIGEST BYTES

use std::process::ExitCode;

use cache_core::model::{Descriptor, Reference};
use cache_core::registry::{OciOptions, OciRegistry, Registry};
use futures_util::StreamExt;

type Failure = Box<dyn std::error::Error>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match pull().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:?}");
            ExitCode::FAILURE
        }
    }
}

async fn pull() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [blob, size] = arguments.as_slice() else { return Err("usage: pull BLOB BYTES".into()) };
    let reference: Reference = blob.parse()?;
    let digest = reference.digest.ok_or("the blob is named by digest")?;
    let registry = OciRegistry::of(&reference.repository, OciOptions::default())?;
    let blob = Descriptor::new("application/octet-stream", digest, size.parse()?);
    let mut stream = registry.blob(&reference.repository, &blob).await?;
    while let Some(piece) = stream.next().await {
        piece?;
    }
    Ok(())
}
