//! Runs the in-process registry alone, for the OCI conformance suite, other clients and measurements.
#![allow(clippy::print_stdout, reason = "the address is what the caller waits for")]

use std::process::ExitCode;

use cache_core::conformance::server::{Auth, Bearer, Login, Options, Server};
use cache_core::model::manifest::media_type;
use serde_json::{Value, json};

const USAGE: &str = "usage: registry [--port N] [--referrers on|off] [--delete on|off] [--sparse on|off] [--accept on|off] \
[--auth none|basic|bearer] [--user NAME --password WORD] [--chunk-min BYTES] [--tags N]";

/// So many tags name one image in `many/app` of a registry with `--tags`.
const TAGS_PER_IMAGE: usize = 100;

fn main() -> ExitCode {
    let (options, tags) = match parse(std::env::args().skip(1)) {
        Ok(parsed) => parsed,
        Err(problem) => {
            println!("{problem}\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    let Ok(runtime) = tokio::runtime::Builder::new_multi_thread().enable_all().build() else {
        return ExitCode::FAILURE;
    };
    runtime.block_on(async {
        match Server::start(options).await {
            Ok(server) => {
                seed(&server, tags);
                println!("{}", server.host());
                std::future::pending::<ExitCode>().await
            }
            Err(error) => {
                println!("{error}");
                ExitCode::FAILURE
            }
        }
    })
}

/// Images with so many tags altogether, of which `v1` names one with more platforms than a client asks for one by one.
fn seed(server: &Server, tags: usize) {
    let put = |tag: Option<&str>, document: &Value| {
        let kind = document["mediaType"].as_str().unwrap_or_default();
        let text = document.to_string();
        let digest = server.put_manifest("many/app", tag, text.clone(), kind);
        json!({"mediaType": kind, "digest": digest, "size": text.len()})
    };
    let blob = |kind: &str, text: String| {
        let size = text.len();
        json!({"mediaType": kind, "digest": server.put_blob("many/app", text), "size": size})
    };
    let image = |n: usize| {
        json!({
            "schemaVersion": 2, "mediaType": media_type::OCI_MANIFEST,
            "config": blob(media_type::OCI_CONFIG, format!("{{\"os\": \"linux\", \"number\": {n}}}")),
            "layers": [blob(media_type::OCI_LAYER_GZIP, format!("layer {n}"))],
        })
    };
    if tags == 0 {
        return;
    }
    let platforms: Vec<Value> = (0..6).map(|n| put(None, &image(n))).collect();
    put(Some("v1"), &json!({"schemaVersion": 2, "mediaType": media_type::OCI_INDEX, "manifests": platforms}));
    for n in 1..tags {
        put(Some(&format!("build-{n:06}")), &image(6 + n / TAGS_PER_IMAGE));
    }
}

/// The options, and how many tags there are from the beginning.
fn parse(mut arguments: impl Iterator<Item = String>) -> Result<(Options, usize), String> {
    let (mut options, mut tags) = (Options::default(), 0);
    let (mut auth, mut user, mut password) = ("none".to_owned(), "user".to_owned(), "password".to_owned());
    while let Some(name) = arguments.next() {
        let value = arguments.next().ok_or_else(|| format!("{name} has no value"))?;
        let number = || value.parse::<u64>().map_err(|_| format!("{name}: {value} is no number"));
        match name.as_str() {
            "--port" => options.port = value.parse().map_err(|_| format!("{value} is no port"))?,
            "--referrers" => options.referrers = switch(&value)?,
            "--sparse" => options.sparse = switch(&value)?,
            "--accept" => options.enforce_accept = switch(&value)?,
            "--chunk-min" => options.chunk_min = Some(number()?),
            "--tags" => tags = value.parse().map_err(|_| format!("{value} is no number of tags"))?,
            "--delete" => {
                let on = switch(&value)?;
                (options.delete_manifests, options.delete_tags, options.delete_blobs) = (on, on, on);
            }
            "--auth" => auth = value,
            "--user" => user = value,
            "--password" => password = value,
            _ => return Err(format!("unknown option {name}")),
        }
    }
    let login = Login::new(user, password);
    options.auth = match auth.as_str() {
        "none" => Auth::None,
        "basic" => Auth::Basic(login),
        "bearer" => Auth::Bearer(Bearer::new(login)),
        other => return Err(format!("unknown kind of auth {other}")),
    };
    Ok((options, tags))
}

fn switch(text: &str) -> Result<bool, String> {
    match text {
        "on" => Ok(true),
        "off" => Ok(false),
        other => Err(format!("{other} is neither on nor off")),
    }
}
