//! Where a base's tokens are, and one call for one.

use std::time::{Duration, Instant};

use jiff::Timestamp;
use portal_fhir::json::{Kind, Value};
use reqwest::header::ACCEPT;
use reqwest::{Client, StatusCode};
use secrecy::SecretString;
use url::Url;

use crate::exchange::{Answered, ExchangeError, exchange};

use super::assertion::assertion;
use super::{ClientSettings, NoToken};
use crate::upstream::addresses::TenantBase;

/// What calls for tokens are counted under.
const UPSTREAM: &str = "source-token";
const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
/// What a token without `expires_in` is used for.
const SHORTEST: Duration = Duration::from_secs(1);
/// However long a token lasts, it is not used for longer.
const LONGEST: u64 = 3_600;

/// A token, and for how long it is good.
pub(super) struct Issued {
    pub(super) token: SecretString,
    pub(super) lasts: Duration,
}

/// Where tokens are, by the base's own word (SMART App Launch 2.2, `.well-known`).
pub(super) async fn discover(
    client: &Client,
    base: &TenantBase,
    deadline: Instant,
) -> Result<String, NoToken> {
    let url = base.below(&[".well-known", "smart-configuration"]);
    let request = client.get(url.ok_or(NoToken::Unavailable)?);
    let answer = exchange(
        request.header(ACCEPT, "application/json"),
        UPSTREAM,
        deadline,
    );
    let answer = answer.await.map_err(failed)?;
    let found = answer.object().and_then(|tree| {
        let url = tree.root().get("token_endpoint")?.text()?;
        usable(&url, base).then(|| url.into_owned())
    });
    found.ok_or(NoToken::Unavailable)
}

/// Whether an assertion may be sent to an address that the base named: never over plain HTTP
/// where the base is not.
fn usable(address: &str, base: &TenantBase) -> bool {
    Url::parse(address).is_ok_and(|url| {
        let secure = url.scheme() == "https";
        let plain = url.scheme() == "http" && base.as_str().starts_with("http://");
        (secure || plain) && url.username().is_empty() && url.password().is_none()
    })
}

/// Asks for a token with a fresh assertion (RFC 6749 section 4.4, RFC 7523).
pub(super) async fn ask(
    client: &Client,
    settings: &ClientSettings,
    url: &str,
    (now, deadline): (Timestamp, Instant),
) -> Result<Issued, NoToken> {
    let assertion = assertion(settings, url, now).ok_or(NoToken::Unavailable)?;
    let request = client.post(url).header(ACCEPT, "application/json").form(&[
        ("grant_type", "client_credentials"),
        ("scope", &settings.scope),
        ("client_assertion_type", ASSERTION_TYPE),
        ("client_assertion", &assertion),
    ]);
    let answer = exchange(request, UPSTREAM, deadline).await;
    issued(&answer.map_err(failed)?)
}

fn issued(answer: &Answered) -> Result<Issued, NoToken> {
    match answer.status {
        StatusCode::OK => {}
        status if status.is_client_error() && status != StatusCode::TOO_MANY_REQUESTS => {
            return Err(NoToken::Refused);
        }
        _ => return Err(NoToken::Unavailable),
    }
    let tree = answer.object().ok_or(NoToken::Unavailable)?;
    let text = |name| tree.root().get(name).and_then(Value::text);
    let is_bearer = text("token_type").is_some_and(|kind| kind.eq_ignore_ascii_case("bearer"));
    let token = text("access_token").filter(|token| is_bearer && !token.is_empty());
    Ok(Issued {
        token: SecretString::from(token.ok_or(NoToken::Unavailable)?.into_owned()),
        lasts: lifetime(tree.root()),
    })
}

fn lifetime(answer: Value<'_>) -> Duration {
    let stated = answer.get("expires_in");
    let stated = stated.filter(|member| member.kind() == Kind::Number);
    let seconds = stated.and_then(|member| member.raw().parse::<u64>().ok());
    Duration::from_secs(seconds.unwrap_or_default().min(LONGEST)).max(SHORTEST)
}

const fn failed(error: ExchangeError) -> NoToken {
    match error {
        ExchangeError::TimedOut => NoToken::TimedOut,
        ExchangeError::Unreachable | ExchangeError::Unreadable => NoToken::Unavailable,
    }
}
