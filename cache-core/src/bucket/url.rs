//! The address of a ledger.

use std::collections::BTreeMap;

use super::dialect::{self, Dialect};
use super::store::Bucket;
use crate::error::{Error, Result};
use crate::http::{Http, Network, Patience, decode};
use crate::registry::Variables;

/// The folder that an address names.
pub(super) fn open(url: &str, variables: &Variables, network: Network) -> Result<Bucket> {
    let (scheme, _) = url.split_once("://").unwrap_or_default();
    let (address, dialect): (Address<'_>, Box<dyn Dialect>) = match scheme {
        #[cfg(feature = "s3")]
        "s3" => {
            let address = Address::read(url, &["region", "endpoint", "profile"])?;
            let dialect = dialect::S3::at(&address, variables, &network)?;
            (address, Box::new(dialect))
        }
        #[cfg(feature = "gcs")]
        "gs" => {
            let address = Address::read(url, &["endpoint"])?;
            let dialect = dialect::Gcs::at(&address, variables, &network)?;
            (address, Box::new(dialect))
        }
        #[cfg(feature = "azblob")]
        "az" => {
            let address = Address::read(url, &["endpoint"])?;
            let dialect = dialect::AzBlob::at(&address, variables, &network)?;
            (address, Box::new(dialect))
        }
        "" => return Err(Error::invalid("this is no address of a ledger").context("ledger", without_secrets(url))),
        other => {
            return Err(Error::unsupported(format!("this build keeps no ledgers at {other}://"))
                .hint("ledgers are kept in folders, at s3://, gs:// and az://; many stores speak the language of S3: name theirs as the endpoint"));
        }
    };
    let http = Http::over(network, None, Patience::default());
    Ok(Bucket { name: format!("{scheme}://{}", address.path), dialect, http })
}

/// An address in its parts: `SCHEME://PATH?NAME=VALUE&…`.
pub(super) struct Address<'a> {
    whole: &'a str,
    /// Names between slashes, with no slash at its end.
    pub(super) path: &'a str,
    options: BTreeMap<&'a str, String>,
}

impl<'a> Address<'a> {
    fn read(whole: &'a str, known: &[&str]) -> Result<Self> {
        let (_, rest) = whole.split_once("://").unwrap_or_default();
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        let mut address = Address { whole, path: path.trim_end_matches('/'), options: BTreeMap::new() };
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            if !known.contains(&name) {
                return Err(address.wrong(&format!("it may have {}, and has something else", known.join(", "))));
            }
            let value = String::from_utf8(decode(value)).map_err(|_| address.wrong("it is no text"))?;
            if value.is_empty() || address.options.insert(name, value).is_some() {
                return Err(address.wrong(&format!("{name} has no value, or two")));
            }
        }
        if !address.path.split('/').all(plain) {
            return Err(address.wrong("its path has letters, digits, and - _ . between slashes"));
        }
        Ok(address)
    }

    pub(super) fn option(&self, name: &str) -> Option<&str> {
        self.options.get(name).map(String::as_str)
    }

    /// Where the store is, where not at its vendor's, without a slash at its end.
    pub(super) fn endpoint(&self) -> Result<Option<String>> {
        match self.option("endpoint").map(|endpoint| endpoint.trim_end_matches('/')) {
            Some(endpoint) if !endpoint.starts_with("https://") && !endpoint.starts_with("http://") => {
                Err(self.wrong("the endpoint is no http or https address"))
            }
            endpoint => Ok(endpoint.map(str::to_owned)),
        }
    }

    pub(super) fn wrong(&self, why: &str) -> Error {
        Error::invalid(format!("this is no address of a ledger: {why}")).context("ledger", without_secrets(self.whole))
    }
}

/// A name that stands in an address as it is, and leads nowhere else.
pub(super) fn plain(name: &str) -> bool {
    let known = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    !name.is_empty() && !name.starts_with('.') && name.bytes().all(known)
}

/// The address as it is shown: neither a login nor a query, into which people put what lets them in. A key may have slashes, and
/// the name of a bucket has no `@`, so more is left out than [`without_secrets`](crate::address::without_secrets) would.
fn without_secrets(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let path = rest.split('?').next().unwrap_or_default();
    let path = path.rsplit_once('@').map_or(path, |(_, path)| path);
    if scheme.is_empty() { path.to_owned() } else { format!("{scheme}://{path}") }
}
