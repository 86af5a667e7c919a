//! Fetching a provider's keys (OpenID Connect Discovery 1.0 section 4).

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

/// Asks the issuer where its keys are, and fetches them.
pub(super) async fn fetch_keys(
    client: &Client,
    issuer: &Issuer,
    now: Timestamp,
) -> Result<KeySet, &'static str> {
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
    let keys = member("jwks_uri")
        .and_then(|address| Url::parse(&address).ok())
        .filter(|url| url.scheme() == "https" || (url.scheme() == "http" && !is_secure))
        .ok_or("no usable address of keys")?;
    let document = fetch(client, keys).await?;
    KeySet::read(&document, now).ok_or("no usable key")
}

async fn fetch(client: &Client, url: Url) -> Result<Vec<u8>, &'static str> {
    let response = client.get(url).timeout(TIMEOUT).send().await;
    let response = response.map_err(|_| "no answer")?;
    if response.status() != StatusCode::OK {
        return Err("not found");
    }
    let body = read_body(response, MAX_DOCUMENT, |_| true).await;
    body.map_err(|_| "answer too large or cut off")
}
