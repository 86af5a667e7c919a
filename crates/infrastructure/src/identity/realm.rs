//! One realm of Keycloak as its administration is reached.

use std::time::Instant;

use portal_application::ports::IdentityAdminError;
use portal_domain::id::{Issuer, Subject};
use reqwest::{Client, RequestBuilder, StatusCode};
use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

use crate::exchange::{Answered, exchange};

use super::service_token::ServiceToken;
use super::settings::ClientCredentials;

/// A realm, and the account that administers its users.
pub(super) struct Realm {
    issuer: Issuer,
    users: Url,
    pub(super) token: ServiceToken,
}

impl Realm {
    /// The realm that an issuer is; none for an issuer that is no realm of Keycloak.
    pub(super) fn of(
        issuer: &Issuer,
        credentials: &ClientCredentials,
        client: &Client,
    ) -> Option<Self> {
        let (base, name) = Self::parts(issuer)?;
        let users = Url::parse(&format!("{base}/admin/realms/{name}/users")).ok()?;
        let endpoint = format!("{}/protocol/openid-connect/token", issuer.as_str());
        Some(Self {
            issuer: issuer.clone(),
            users,
            token: ServiceToken::new(client.clone(), endpoint, credentials.clone()),
        })
    }

    /// Base and realm of `{base}/realms/{realm}`.
    pub(super) fn parts(issuer: &Issuer) -> Option<(&str, &str)> {
        let (base, name) = issuer.as_str().rsplit_once("/realms/")?;
        is_segment(name).then_some((base, name))
    }

    /// The address of a user or of something below.
    pub(super) fn user(
        &self,
        subject: &Subject,
        below: &[&str],
    ) -> Result<Url, IdentityAdminError> {
        let mut segments = vec![subject.as_str()];
        segments.extend(below);
        if !segments.iter().all(|segment| is_segment(segment)) {
            return Err(IdentityAdminError::Refused);
        }
        let mut url = self.users.clone();
        let path = url.path_segments_mut();
        path.map_err(|()| IdentityAdminError::Refused)?
            .extend(segments);
        Ok(url)
    }

    /// Sends a request as the account.
    pub(super) async fn exchange(
        &self,
        request: RequestBuilder,
        token: &SecretString,
        deadline: Instant,
    ) -> Result<Answered, IdentityAdminError> {
        let request = request.bearer_auth(token.expose_secret());
        let answer = exchange(request, "identity-admin", deadline).await;
        answer.map_err(|_| self.unavailable("no usable answer"))
    }

    /// An answer that is neither success nor absence.
    pub(super) fn failed(&self, status: StatusCode) -> IdentityAdminError {
        let is_passing = matches!(
            status,
            StatusCode::UNAUTHORIZED
                | StatusCode::REQUEST_TIMEOUT
                | StatusCode::TOO_EARLY
                | StatusCode::TOO_MANY_REQUESTS
        );
        if !status.is_client_error() || is_passing {
            return self.unavailable("answer is an error");
        }
        let (issuer, status) = (self.issuer.as_str(), status.as_u16());
        tracing::warn!(issuer, status, "identity_admin.refused");
        IdentityAdminError::Refused
    }

    /// It could not be done now.
    pub(super) fn unavailable(&self, reason: &'static str) -> IdentityAdminError {
        let issuer = self.issuer.as_str();
        tracing::warn!(issuer, reason, "identity_admin.unavailable");
        IdentityAdminError::Unavailable
    }
}

/// What may stand between two slashes: nothing that a server or a proxy before it could read as
/// more than a name.
fn is_segment(text: &str) -> bool {
    let plain = |byte: u8| {
        byte.is_ascii_graphic() && !matches!(byte, b'/' | b'\\' | b'%' | b'?' | b'#' | b';')
    };
    (1..=255).contains(&text.len()) && text.bytes().all(plain) && !matches!(text, "." | "..")
}
