//! The forms of values. Errors say what would have been right.

use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;
use std::str::FromStr;

use portal_infrastructure::identity::ClientCredentials;
use portal_presentation::Network;
use secrecy::SecretString;
use url::Url;

use super::reader::{Expected, Reader};
use super::setting::Setting;

pub(super) fn text(value: &str) -> Result<String, Expected> {
    if value.trim() != value || value.chars().any(char::is_control) {
        return Err("text without control characters and outer spaces");
    }
    Ok(value.to_owned())
}

pub(super) fn address(value: &str) -> Result<SocketAddr, Expected> {
    value.parse().map_err(|_| "IP:port, such as 0.0.0.0:3000")
}

pub(super) fn boolean(value: &str) -> Result<bool, Expected> {
    match value {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err("true or false"),
    }
}

pub(super) fn integer<T: FromStr + PartialOrd>(
    range: RangeInclusive<T>,
    expected: Expected,
) -> impl FnOnce(&str) -> Result<T, Expected> {
    move |value| {
        let digits = value.bytes().all(|byte| byte.is_ascii_digit());
        let number = value
            .parse()
            .ok()
            .filter(|number| digits && range.contains(number));
        number.ok_or(expected)
    }
}

/// The texts between commas, without outer spaces and without empty ones.
pub(super) fn list(value: &str) -> impl Iterator<Item = &str> {
    value
        .split(',')
        .map(str::trim)
        .filter(|item| !item.is_empty())
}

pub(super) fn items<T: FromStr>(value: &str, expected: Expected) -> Result<Vec<T>, Expected> {
    list(value)
        .map(|item| item.parse().map_err(|_| expected))
        .collect()
}

/// Networks in CIDR form between commas; an address alone is a network of one.
pub(super) fn networks(value: &str) -> Result<Vec<Network>, Expected> {
    let networks: Option<_> = list(value).map(network).collect();
    networks.ok_or("CIDR networks such as 10.0.0.0/8")
}

fn network(text: &str) -> Option<Network> {
    let (address, prefix) = text
        .split_once('/')
        .map_or((text, None), |(a, p)| (a, Some(p)));
    let address: IpAddr = address.parse().ok()?;
    let bits = if address.is_ipv4() { 32 } else { 128 };
    let prefix = prefix
        .map_or(Ok(bits), str::parse)
        .ok()
        .filter(|prefix| *prefix <= bits)?;
    Some(Network { address, prefix })
}

/// An absolute `http` or `https` URL without credentials, query and fragment. The slash at its
/// end, if there is one, is taken away.
pub(super) fn http_url(value: &str) -> Result<String, Expected> {
    const EXPECTED: Expected = "an http or https URL without credentials, query and fragment";
    // `{tenant}` is allowed in paths and is no valid URL text.
    let url = Url::parse(&value.replace("{tenant}", "tenant")).map_err(|_| EXPECTED)?;
    let plain = url.username().is_empty()
        && url.password().is_none()
        && url.query().is_none()
        && url.fragment().is_none();
    let is_http = matches!(url.scheme(), "http" | "https") && url.has_host();
    if !plain || !is_http || value.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Err(EXPECTED);
    }
    Ok(value.trim_end_matches('/').to_owned())
}

/// A URL of a store, with one of these schemes.
pub(super) fn store_url(
    schemes: &'static [&'static str],
    expected: Expected,
) -> impl FnOnce(&str) -> Result<String, Expected> {
    move |value| {
        let url = Url::parse(value).map_err(|_| expected)?;
        let fits = schemes.contains(&url.scheme()) && url.has_host();
        if fits {
            Ok(value.to_owned())
        } else {
            Err(expected)
        }
    }
}

/// The base URL of a service that is called as sources are: over plain HTTP in development and in
/// a mesh only.
pub(super) fn service_url(
    reader: &mut Reader<'_>,
    setting: &Setting,
    mesh: bool,
) -> Option<String> {
    let url = reader.read(setting, |value| {
        let url = http_url(value)?;
        // The same for every tenant: they are told apart by X-Tenant-ID.
        let is_plain = !url.contains(['{', '}']);
        is_plain
            .then_some(url)
            .ok_or("an http or https URL without {tenant}")
    })?;
    if !mesh {
        require_https(reader, setting, &url);
    }
    Some(url)
}

/// A client of an identity provider: id and secret, both or neither.
pub(super) fn client(
    reader: &mut Reader<'_>,
    id: &Setting,
    secret: &Setting,
) -> Option<ClientCredentials> {
    for (setting, other) in [(id, secret), (secret, id)] {
        if reader.text(setting).is_none() && reader.text(other).is_some() {
            let problem = format!("is missing, and {} is there", other.name);
            reader.fault(setting, problem, "both or neither");
        }
    }
    let id = reader.read(id, |value| value.parse().map_err(|_| "a client id"));
    let secret = reader.read(secret, text);
    Some(ClientCredentials {
        id: id?,
        secret: SecretString::from(secret?),
    })
}

/// Refuses plain HTTP in production.
pub(super) fn require_https(reader: &mut Reader<'_>, setting: &Setting, url: &str) {
    if reader.in_production() && !url.starts_with("https://") {
        reader.fault(
            setting,
            "is plain HTTP, which production refuses",
            "an https URL",
        );
    }
}
