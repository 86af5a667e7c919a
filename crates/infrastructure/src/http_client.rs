//! The HTTP client that adapters share: one set of connections, one set of manners.

use std::time::Duration;

use reqwest::Response;
use reqwest::header::{CONTENT_TYPE, HeaderMap};
use reqwest::redirect::Policy;

/// The media type of FHIR JSON (FHIR R4 2.6.1).
pub(crate) const FHIR_JSON: &str = "application/fhir+json";
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);
const IDLE_CONNECTIONS: usize = 64;
/// Short enough that a name that moved is looked up again.
const IDLE_TIMEOUT: Duration = Duration::from_secs(30);

/// The client, for those who pass it on without speaking HTTP themselves.
pub type HttpClient = reqwest::Client;

/// The client could not be built: the system's TLS roots cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("HTTP client cannot be built from the system's TLS settings")]
pub struct HttpClientError;

/// A client that follows no redirect, sends no `Referer`, uses no proxy of the environment, reads
/// gzip and brotli, and keeps connections for use again. Deadlines are the callers' own.
pub fn http_client() -> Result<HttpClient, HttpClientError> {
    HttpClient::builder()
        .redirect(Policy::none())
        .referer(false)
        .no_proxy()
        .connect_timeout(CONNECT_TIMEOUT)
        .pool_max_idle_per_host(IDLE_CONNECTIONS)
        .pool_idle_timeout(IDLE_TIMEOUT)
        .tcp_nodelay(true)
        .build()
        .map_err(|_| HttpClientError)
}

/// Why a body was not read to its end. Carries nothing of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BodyError {
    /// Longer than allowed, after decompression.
    TooLarge,
    /// Cut off, or not what its encoding says.
    Broken,
}

/// Reads a body up to a size, which is counted as it arrives and after decompression.
pub(crate) async fn read_body(mut response: Response, limit: usize) -> Result<Vec<u8>, BodyError> {
    let announced = response.content_length().unwrap_or_default();
    let announced = usize::try_from(announced).unwrap_or(usize::MAX);
    if announced > limit {
        return Err(BodyError::TooLarge);
    }
    let mut body = Vec::with_capacity(announced);
    while let Some(chunk) = response.chunk().await.map_err(|_| BodyError::Broken)? {
        if body.len() + chunk.len() > limit {
            return Err(BodyError::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// Whether a body says that it is JSON, of FHIR or of any kind.
pub(crate) fn is_json(headers: &HeaderMap) -> bool {
    let essence = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .map(str::trim);
    essence.is_some_and(|essence| {
        essence.eq_ignore_ascii_case(FHIR_JSON) || essence.eq_ignore_ascii_case("application/json")
    })
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderValue;

    use super::*;

    #[test]
    fn only_two_content_types_are_json() {
        let json = |value: &str| {
            let value = HeaderValue::from_str(value).expect("a header");
            is_json(&HeaderMap::from_iter([(CONTENT_TYPE, value)]))
        };
        assert!(json("application/fhir+json; fhirVersion=4.0"));
        assert!(json("Application/JSON;charset=utf-8"));
        assert!(!json("application/fhir+xml"));
        assert!(!json("text/html"));
        assert!(!json("application/json2"));
        assert!(!is_json(&HeaderMap::new()));
    }
}
