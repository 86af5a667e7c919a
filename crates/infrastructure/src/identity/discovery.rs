//! Fetching a provider's keys and the addresses beside them (OpenID Connect Discovery 1.0
//! section 4, RFC 8414 section 2).

use std::time::Duration;

use jiff::Timestamp;
use portal_domain::id::Issuer;
use reqwest::{Client, StatusCode};
use url::Url;

use crate::http_client::read_body;

use super::jwks::KeySet;
use super::jwt::object;
use super::members::string;

const MAX_DOCUMENT: usize = 256 * 1_024;
const TIMEOUT: Duration = Duration::from_secs(2);

/// What a provider publishes and this service uses.
pub(super) struct Published {
    /// Its keys.
    pub(super) keys: KeySet,
    /// Where it answers for tokens (RFC 7662), if it does.
    pub(super) introspection: Option<Url>,
}

/// Asks the issuer where its keys are, and fetches them.
pub(super) async fn fetch_published(
    client: &Client,
    issuer: &Issuer,
    now: Timestamp,
) -> Result<Published, &'static str> {
    let base = issuer.as_str().trim_end_matches('/');
    let configuration = Url::parse(&format!("{base}/.well-known/openid-configuration"))
        .map_err(|_| "issuer is no URL")?;
    let is_secure = configuration.scheme() == "https";
    let document = fetch(client, configuration).await?;
    let tree = object(&document).ok_or("configuration malformed")?;
    let member = |name| string(tree.root(), name).ok().flatten();
    if member("issuer").as_deref() != Some(issuer.as_str()) {
        return Err("configuration is of another issuer");
    }
    let address = |name| {
        member(name)
            .and_then(|address| Url::parse(&address).ok())
            .filter(|url| url.scheme() == "https" || (url.scheme() == "http" && !is_secure))
    };
    let keys = address("jwks_uri").ok_or("no usable address of keys")?;
    let introspection = address("introspection_endpoint");
    let document = fetch(client, keys).await?;
    Ok(Published {
        keys: KeySet::read(&document, now).ok_or("no usable key")?,
        introspection,
    })
}

async fn fetch(client: &Client, url: Url) -> Result<Vec<u8>, &'static str> {
    let response = client.get(url).timeout(TIMEOUT).send().await;
    let response = response.map_err(|_| "no answer")?;
    if response.status() != StatusCode::OK {
        return Err("not found");
    }
    let body = read_body(response, MAX_DOCUMENT).await;
    body.map_err(|_| "answer too large or cut off")
}
