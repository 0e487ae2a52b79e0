//! The address of a ledger.

use super::s3::Bucket;
use crate::error::{Error, Result};
use crate::http::{Http, Patience, decode};
use crate::registry::{AwsCredentials, Network};

/// Reads `s3://BUCKET/PREFIX?region=…&endpoint=…&profile=…`.
pub(super) fn bucket(url: &str, network: Network) -> Result<Bucket> {
    let wrong = |why: &str| Error::invalid(format!("this is no address of a ledger: {why}")).context("ledger", url);
    let rest = match url.split_once("://") {
        Some(("s3", rest)) => rest,
        Some((other, _)) => {
            return Err(Error::unsupported(format!("ledgers are kept in folders and at s3://, not at {other}://"))
                .hint("many stores speak the language of S3: name theirs as the endpoint"));
        }
        None => return Err(wrong("it does not begin with s3://")),
    };
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (mut region, mut endpoint, mut profile) = (None, None, None);
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let place = match name {
            "region" => &mut region,
            "endpoint" => &mut endpoint,
            "profile" => &mut profile,
            _ => return Err(wrong(&format!("{name:?} is none of region, endpoint and profile"))),
        };
        let value = String::from_utf8(decode(value)).map_err(|_| wrong("it is no text"))?;
        if value.is_empty() || place.replace(value).is_some() {
            return Err(wrong(&format!("{name} has no value, or two")));
        }
    }
    let path = path.trim_end_matches('/');
    let plain = |part: &str| {
        let known = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
        !part.is_empty() && !part.starts_with('.') && part.bytes().all(known)
    };
    if !path.split('/').all(plain) {
        return Err(wrong("a bucket and a prefix have letters, digits, and - _ . between slashes"));
    }
    let environment = || ["AWS_REGION", "AWS_DEFAULT_REGION"].iter().find_map(|name| std::env::var(name).ok());
    let usual = || endpoint.as_ref().map(|_| "us-east-1".to_owned());
    let region = region.or_else(environment).or_else(usual).filter(|region| plain(region));
    let region = region.ok_or_else(|| wrong("it has no region, and AWS_REGION is not set"))?;
    let endpoint = endpoint.unwrap_or_else(|| {
        let china = if region.starts_with("cn-") { ".cn" } else { "" };
        format!("https://s3.{region}.amazonaws.com{china}")
    });
    if !endpoint.starts_with("https://") && !endpoint.starts_with("http://") {
        return Err(wrong("the endpoint is no http or https address"));
    }
    Ok(Bucket {
        folder: format!("{}/{path}", endpoint.trim_end_matches('/')),
        region,
        credentials: profile.map_or_else(AwsCredentials::of_this_machine, AwsCredentials::profile),
        http: Http::over(network, None, Patience::default()),
    })
}
