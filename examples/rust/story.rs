//! Tells the story of an image: who built, signed, scanned, approved and promoted it, and what of that is proved.
//!
//! ```text
//! story docker://HOST/prod/app:v1 [--key KEY.pub ...] [--page FILE.html]
//! ```
//! Without a key nobody's word counts, and all of it is told as claims. Exit codes: 0 told, 1 error.

use std::process::ExitCode;

use cache_core::connect::{StoryConfig, read};
use serde_json::json;

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Box<dyn std::error::Error>> {
    let usage = "usage: story REFERENCE [--key KEY.pub ...] [--page FILE.html]";
    let mut words = std::env::args().skip(1);
    let image = words.next().ok_or(usage)?;
    let (mut keys, mut page) = (Vec::new(), None);
    while let Some(word) = words.next() {
        let value = words.next().ok_or(usage)?;
        match word.as_str() {
            "--key" => keys.push(json!({"name": value, "path": value})),
            "--page" => page = Some(value),
            _ => return Err(usage.into()),
        }
    }
    let request: StoryConfig = read("request", json!({"image": image, "trustedKeys": keys}))?;
    let story = request.tell().await?;
    if let Some(page) = page {
        std::fs::write(page, story.html())?;
    }
    print!("{}", story.markdown());
    Ok(())
}
