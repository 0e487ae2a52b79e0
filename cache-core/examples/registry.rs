//! Runs the in-process registry alone, for the OCI conformance suite, other clients and measurements.
#![allow(clippy::print_stdout, reason = "the address is what the caller waits for")]

use std::process::ExitCode;

use cache_core::conformance::server::{Auth, Bearer, Login, Options, Server};

const USAGE: &str = "usage: registry [--port N] [--referrers on|off] [--delete on|off] [--sparse on|off] [--accept on|off] \
[--auth none|basic|bearer] [--user NAME --password WORD] [--chunk-min BYTES]";

fn main() -> ExitCode {
    let options = match parse(std::env::args().skip(1)) {
        Ok(options) => options,
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

fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Options, String> {
    let mut options = Options::default();
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
    Ok(options)
}

fn switch(text: &str) -> Result<bool, String> {
    match text {
        "on" => Ok(true),
        "off" => Ok(false),
        other => Err(format!("{other} is neither on nor off")),
    }
}
