//! Which way a connection takes: straight to the server, or through a proxy.
//!
//! The variables are those of curl and of Go's `net/http`, whose rules differ in small things. Where they do: the lower case
//! name wins (curl), this machine itself is never reached through a proxy (Go), `HTTP_PROXY` is not believed where
//! `REQUEST_METHOD` is set, since there it may be a header of somebody's request (both), and an entry of `NO_PROXY` may
//! have a port (Go).

use std::fmt;
use std::net::IpAddr;

use ::http::{HeaderValue, Uri};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::secret_header;
use super::url::{decode, host_name, is_loopback, is_secure, port};
use crate::error::{Error, Result};

/// How connections get to other machines. This machine itself is never reached through a proxy.
#[derive(Debug, Clone, Default)]
pub enum Proxy {
    /// As the variables `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY` say, in upper or lower case.
    #[default]
    Environment,
    /// Straight.
    Direct,
    /// Through this proxy.
    At(ProxyAddress),
}

/// A proxy, and the login at it.
#[derive(Clone, PartialEq, Eq)]
pub struct ProxyAddress {
    url: Uri,
    login: Option<HeaderValue>,
}

impl ProxyAddress {
    /// Reads `http://host:port`, with `user:password@` before the host where the proxy asks for a login. Without a scheme it
    /// is `http`.
    ///
    /// # Errors
    /// `Invalid` where it is no address; `Unsupported` for other kinds of proxies. The text is not shown: it may hold a
    /// password.
    pub fn parse(text: &str) -> Result<Self> {
        let invalid = || Error::invalid("this is not the address of a proxy").hint("write http://host:port");
        let text = text.trim();
        let (scheme, rest) = text.split_once("://").unwrap_or(("http", text));
        if !scheme.eq_ignore_ascii_case("http") {
            return Err(Error::unsupported("a proxy that is not spoken to over plain HTTP cannot be used").hint(
                "name one by http://host:port; connections through it to https servers are encrypted all the same",
            ));
        }
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let (login, server) = match authority.rsplit_once('@') {
            Some((login, server)) => (Some(login), server),
            None => (None, authority),
        };
        let url: Uri = format!("http://{server}/").parse().map_err(|_| invalid())?;
        let has_bad_port = url.port_u16().is_none() && url.host() != Some(server);
        if host_name(&url).is_empty() || has_bad_port {
            return Err(invalid());
        }
        let login = login.map(|login| {
            let (user, password) = login.split_once(':').unwrap_or((login, ""));
            let both = [decode(user), b":".to_vec(), decode(password)].concat();
            secret_header(&format!("Basic {}", STANDARD.encode(both))).map_err(|_| invalid())
        });
        Ok(ProxyAddress { url, login: login.transpose()? })
    }

    /// Where it is, without the login.
    pub(super) fn url(&self) -> &Uri {
        &self.url
    }

    /// `Proxy-Authorization`.
    pub(super) fn login(&self) -> Option<&HeaderValue> {
        self.login.as_ref()
    }
}

impl fmt::Debug for ProxyAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ProxyAddress").field(&self.url).finish()
    }
}

/// The proxies of one client. One that cannot be used is an error for the connections that it is meant for, and no other.
#[derive(Debug, Default)]
pub(super) struct Proxies {
    http: Option<Named>,
    https: Option<Named>,
    except: Vec<Exception>,
}

/// A proxy, and the variable that names it.
#[derive(Debug, Clone)]
struct Named {
    by: String,
    address: Option<ProxyAddress>,
    text_is_unsupported: bool,
}

impl Proxies {
    pub(super) fn of(proxy: &Proxy) -> Self {
        match proxy {
            Proxy::Environment => Proxies::of_environment(|name| std::env::var(name).ok()),
            Proxy::Direct => Proxies::default(),
            Proxy::At(address) => {
                let named =
                    Named { by: "the options".into(), address: Some(address.clone()), text_is_unsupported: false };
                Proxies { http: Some(named.clone()), https: Some(named), except: Vec::new() }
            }
        }
    }

    fn of_environment(variable: impl Fn(&str) -> Option<String>) -> Self {
        let set = |name: &str| variable(name).filter(|value| !value.trim().is_empty());
        let either = |name: &str| {
            let lower = name.to_ascii_lowercase();
            set(&lower).map(|value| (lower, value)).or_else(|| set(name).map(|value| (name.to_owned(), value)))
        };
        let named = |(by, text): (String, String)| {
            let read = ProxyAddress::parse(&text);
            let text_is_unsupported = read.as_ref().is_err_and(|e| e.kind() == crate::ErrorKind::Unsupported);
            Named { by, address: read.ok(), text_is_unsupported }
        };
        let is_of_a_request = variable("REQUEST_METHOD").is_some();
        let http = either("HTTP_PROXY").filter(|(name, _)| !is_of_a_request || name == "http_proxy");
        let all = either("ALL_PROXY").map(named);
        Proxies {
            http: http.map(named).or_else(|| all.clone()),
            https: either("HTTPS_PROXY").map(named).or(all),
            except: either("NO_PROXY").map_or_else(Vec::new, |(_, list)| Exception::list(&list)),
        }
    }

    /// The proxy on the way to `url`.
    pub(super) fn to(&self, url: &Uri) -> Result<Option<&ProxyAddress>> {
        let Some(named) = (if is_secure(url) { &self.https } else { &self.http }) else { return Ok(None) };
        let host = host_name(url);
        if is_loopback(url.host().unwrap_or_default()) || self.except.iter().any(|e| e.is_for(&host, port(url))) {
            return Ok(None);
        }
        let unusable = || {
            let error = match named.text_is_unsupported {
                true => Error::unsupported("the proxy is of a kind that cannot be used"),
                false => Error::invalid("the proxy is named by no address"),
            };
            error.context("named by", &named.by).hint("name it by http://host:port, or the server in NO_PROXY")
        };
        named.address.as_ref().map(Some).ok_or_else(unusable)
    }
}

/// An entry of `NO_PROXY`.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Exception {
    hosts: Hosts,
    port: Option<u16>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Hosts {
    All,
    /// A domain and all below it.
    Domain(String),
    /// The addresses whose first bits are these.
    Network(IpAddr, u32),
}

impl Exception {
    /// Entries are separated by commas or spaces. What is none is no exception.
    fn list(text: &str) -> Vec<Exception> {
        text.split([',', ' ', '\t'])
            .map(str::trim)
            .filter(|entry| !entry.is_empty())
            .filter_map(Exception::parse)
            .collect()
    }

    fn parse(entry: &str) -> Option<Exception> {
        if entry == "*" {
            return Some(Exception { hosts: Hosts::All, port: None });
        }
        let bare = entry.trim_matches(['[', ']']);
        if let Some((address, length)) = bare.split_once('/') {
            let (address, length) = (address.parse().ok()?, length.parse().ok()?);
            return (length <= bits(address).1)
                .then_some(Exception { hosts: Hosts::Network(address, length), port: None });
        }
        if let Ok(address) = bare.parse() {
            return Some(Exception { hosts: Hosts::Network(address, bits(address).1), port: None });
        }
        let (host, port) = match entry.rsplit_once(':') {
            Some((host, port)) => (host, Some(port.parse().ok()?)),
            None => (entry, None),
        };
        let host = host.trim_matches(['[', ']']);
        let hosts = match host.parse() {
            Ok(address) => Hosts::Network(address, bits(address).1),
            Err(_) => Hosts::Domain(host.trim_start_matches('*').trim_matches('.').to_ascii_lowercase()),
        };
        Some(Exception { hosts, port }).filter(|e| !matches!(&e.hosts, Hosts::Domain(name) if name.is_empty()))
    }

    fn is_for(&self, host: &str, port: u16) -> bool {
        let host = host.trim_end_matches('.');
        let named = match &self.hosts {
            Hosts::All => true,
            Hosts::Domain(domain) => {
                host.strip_suffix(domain.as_str()).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
            }
            Hosts::Network(network, length) => host.parse().is_ok_and(|address: IpAddr| {
                let ((network, all), (address, width)) = (bits(*network), bits(address));
                all == width && (network ^ address).checked_shr(all - length).unwrap_or(0) == 0
            }),
        };
        named && self.port.is_none_or(|only| only == port)
    }
}

/// An address as a number, and how many bits it has.
fn bits(address: IpAddr) -> (u128, u32) {
    match address {
        IpAddr::V4(address) => (u32::from(address).into(), 32),
        IpAddr::V6(address) => (address.into(), 128),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxies(variables: &[(&str, &str)]) -> Proxies {
        let find =
            |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
        Proxies::of_environment(find)
    }

    /// The proxy's host, `-` where there is none, `!` where it cannot be used.
    fn way(proxies: &Proxies, url: &str) -> String {
        match proxies.to(&url.parse().unwrap()) {
            Ok(Some(proxy)) => proxy.url().host().unwrap().to_owned(),
            Ok(None) => "-".into(),
            Err(_) => "!".into(),
        }
    }

    #[test]
    fn the_environment_says_which_way() {
        type Variables = [(&'static str, &'static str)];
        let rows: &[(&Variables, &str, &str)] = &[
            (&[], "https://r.test/", "-"),
            (&[("HTTPS_PROXY", "http://p.test:3128")], "https://r.test/", "p.test"),
            (&[("HTTPS_PROXY", "http://p.test:3128")], "http://r.test/", "-"),
            (&[("HTTPS_PROXY", "p.test:3128")], "https://r.test/", "p.test"),
            (&[("HTTPS_PROXY", "  ")], "https://r.test/", "-"),
            (&[("https_proxy", "http://low.test"), ("HTTPS_PROXY", "http://up.test")], "https://r.test/", "low.test"),
            (&[("ALL_PROXY", "http://all.test"), ("http_proxy", "http://p.test")], "http://r.test/", "p.test"),
            (&[("ALL_PROXY", "http://all.test"), ("http_proxy", "http://p.test")], "https://r.test/", "all.test"),
            (&[("HTTP_PROXY", "http://p.test"), ("REQUEST_METHOD", "GET")], "http://r.test/", "-"),
            (&[("http_proxy", "http://p.test"), ("REQUEST_METHOD", "GET")], "http://r.test/", "p.test"),
            (&[("ALL_PROXY", "http://p.test")], "http://127.0.0.1:5000/", "-"),
            (&[("ALL_PROXY", "http://p.test")], "http://[::1]:5000/", "-"),
            (&[("ALL_PROXY", "http://p.test")], "http://localhost/", "-"),
            (&[("ALL_PROXY", "socks5://p.test")], "https://r.test/", "!"),
            (&[("HTTPS_PROXY", "https://p.test")], "https://r.test/", "!"),
            (&[("HTTPS_PROXY", "http://")], "https://r.test/", "!"),
            (&[("ALL_PROXY", "socks5://p.test")], "http://127.0.0.1/", "-"),
        ];
        for (variables, url, expected) in rows {
            assert_eq!(way(&proxies(variables), url), *expected, "{variables:?} {url}");
        }
        println!("{} rows", rows.len());
    }

    #[test]
    fn no_proxy_names_hosts_domains_networks_and_ports() {
        let rows = [
            ("r.test", "http://r.test/", true),
            ("R.Test", "http://r.test:5000/", true),
            (".r.test", "http://r.test/", true),
            ("*.r.test", "http://a.r.test/", true),
            ("r.test", "http://a.b.r.test/", true),
            ("r.test", "http://bad-r.test/", false),
            ("r.test:5000", "http://r.test:5000/", true),
            ("r.test:5000", "http://r.test/", false),
            ("r.test:443", "https://r.test/", true),
            ("a.test, r.test b.test", "http://r.test/", true),
            ("*", "https://r.test/", true),
            ("10.1.2.3", "http://10.1.2.3:5000/", true),
            ("10.1.2.3:80", "http://10.1.2.3:5000/", false),
            ("10.0.0.0/8", "http://10.200.1.1/", true),
            ("10.0.0.0/8", "http://11.0.0.1/", false),
            ("10.0.0.0/33", "http://10.0.0.1/", false),
            ("0.0.0.0/0", "http://11.0.0.1/", true),
            ("fd00::/8", "http://[fd12::1]/", true),
            ("::/0", "http://11.0.0.1/", false),
            ("[fd12::1]", "http://[fd12::1]/", true),
            (", ,.,:", "http://r.test/", false),
        ];
        for (list, url, direct) in rows {
            let found = way(&proxies(&[("ALL_PROXY", "http://p.test"), ("NO_PROXY", list)]), url);
            assert_eq!(found == "-", direct, "{list:?} {url}");
        }
        println!("{} rows", rows.len());
    }

    #[test]
    fn a_login_is_decoded_and_never_shown() {
        let proxy = ProxyAddress::parse("http://us%40er:p%3Aw%25@p.test:3128/").unwrap();
        assert_eq!(proxy.login().unwrap(), &format!("Basic {}", STANDARD.encode("us@er:p:w%")));
        assert!(proxy.login().unwrap().is_sensitive());
        assert_eq!(proxy.url().to_string(), "http://p.test:3128/");
        for bad in ["http://user:secret@", "socks5://user:secret@p.test", "http://user:secret@p.test:port"] {
            let error = ProxyAddress::parse(bad).unwrap_err();
            assert!(!format!("{error:?}").contains("secret"), "{error:?}");
            let named = proxies(&[("HTTPS_PROXY", bad)]);
            let refused = named.to(&"https://r.test/".parse().unwrap()).unwrap_err();
            assert!(
                !format!("{refused:?} {named:?}").contains("secret") && refused.to_string().contains("HTTPS_PROXY")
            );
        }
        assert!(!format!("{:?}", Proxy::At(proxy)).contains("Basic"));
    }
}
