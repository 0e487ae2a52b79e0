//! The names that ECR's registries have.

use crate::error::{Error, Result};

/// The host of a registry of ECR, and what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EcrHost {
    name: String,
    account: String,
    region: String,
    endpoint: String,
}

impl EcrHost {
    /// Reads `ACCOUNT.dkr.ecr.REGION.amazonaws.com`, with `ecr-fips`, in China, or `ACCOUNT.dkr-ecr.REGION.on.aws`.
    ///
    /// # Errors
    /// `Invalid` where it is none of these.
    pub fn parse(host: &str) -> Result<Self> {
        EcrHost::recognise(host).ok_or_else(|| {
            Error::invalid("this is no registry of ECR")
                .context("host", host)
                .hint("it is named ACCOUNT.dkr.ecr.REGION.amazonaws.com; else say the account and the region")
        })
    }

    /// The same, where it is no error that it is something else.
    pub fn recognise(host: &str) -> Option<Self> {
        let (account, rest) = host.split_once(".dkr")?;
        if account.len() != 12 || !account.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let (service, rest) = rest.strip_prefix(['.', '-'])?.split_once('.')?;
        let (region, suffix) = rest.split_once('.')?;
        let plain = !region.is_empty() && region.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        let endpoint = match (service, suffix) {
            ("ecr" | "ecr-fips", "amazonaws.com" | "amazonaws.com.cn") => {
                format!("https://api.{service}.{region}.{suffix}")
            }
            ("ecr" | "ecr-fips", "on.aws") => format!("https://{service}.{region}.api.aws"),
            _ => return None,
        };
        let (name, account, region) = (host.to_owned(), account.to_owned(), region.to_owned());
        plain.then_some(EcrHost { name, account, region, endpoint })
    }

    /// A host of another name, such as one behind a proxy.
    pub(super) fn at(host: &str, account: &str, region: &str) -> Self {
        let endpoint = format!("https://api.ecr.{region}.amazonaws.com");
        EcrHost { name: host.to_owned(), account: account.to_owned(), region: region.to_owned(), endpoint }
    }

    /// The host itself.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The account: twelve digits.
    pub fn account(&self) -> &str {
        &self.account
    }

    /// The region, such as `eu-west-1`.
    pub fn region(&self) -> &str {
        &self.region
    }

    /// Where the interface usually is.
    pub(super) fn endpoint(&self) -> &str {
        &self.endpoint
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_of_ecr_are_recognised_and_no_others() {
        for (host, endpoint) in [
            ("123456789012.dkr.ecr.eu-west-1.amazonaws.com", "https://api.ecr.eu-west-1.amazonaws.com"),
            ("123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn", "https://api.ecr.cn-north-1.amazonaws.com.cn"),
            ("123456789012.dkr.ecr-fips.us-east-1.amazonaws.com", "https://api.ecr-fips.us-east-1.amazonaws.com"),
            ("123456789012.dkr-ecr.us-east-1.on.aws", "https://ecr.us-east-1.api.aws"),
        ] {
            let read = EcrHost::parse(host).unwrap();
            assert_eq!((read.account(), read.endpoint(), read.name()), ("123456789012", endpoint, host));
        }
        for other in [
            "public.ecr.aws",
            "12345678901.dkr.ecr.eu-west-1.amazonaws.com",
            "123456789012.dkr.ecr.eu-west-1.amazonaws.com.evil.test",
            "123456789012.dkr.ecr.evil/x.amazonaws.com",
            "123456789012.dkr.s3.eu-west-1.amazonaws.com",
            "x.123456789012.dkr.ecr.eu-west-1.amazonaws.com",
            "",
        ] {
            assert!(EcrHost::recognise(other).is_none(), "{other}");
        }
    }
}
