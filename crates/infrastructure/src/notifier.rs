//! Links and codes, handed to communication-service over REST.

use std::time::{Duration, Instant};

use async_trait::async_trait;
use portal_application::ports::{Delivery, Notifier, NotifierError};
use reqwest::{Client, Request, RequestBuilder, StatusCode};
use serde::Serialize;

use crate::exchange::{ExchangeError, exchange};
use crate::upstream::{Credential, TenantBase};

const PATIENCE: Duration = Duration::from_secs(3);

/// Sends by `POST {base}/v1/communication/notifications`, under the delivery's id as
/// `Idempotency-Key`.
pub struct HttpNotifier {
    client: Client,
    base_url: String,
    credential: Credential,
    patience: Duration,
}

/// The body: what is sent to whom, and in which words.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Notification<'a> {
    channel: &'static str,
    address: &'a str,
    language: &'a str,
    template_key: &'a str,
    secret: &'a str,
}

impl HttpNotifier {
    /// A notifier at a base URL without a slash at its end. The client must follow no redirects,
    /// as the one of [`crate::http_client::http_client`].
    pub fn new(base_url: &str, client: Client, credential: Credential) -> Self {
        Self {
            client,
            base_url: base_url.to_owned(),
            credential,
            patience: PATIENCE,
        }
    }

    /// Sends it, and once more with a new token when the present one is not taken.
    async fn taken(&self, delivery: &Delivery) -> Result<StatusCode, NotifierError> {
        let base = TenantBase::new(&self.base_url, &delivery.tenant);
        let base = base.ok_or(NotifierError::Unavailable)?;
        let deadline = Instant::now() + self.patience;
        let mut first = true;
        loop {
            let mut request = self.request(delivery, &base)?;
            let shown = self.credential.authorize(&mut request, &base, deadline);
            let shown = shown.await.map_err(|_| NotifierError::Unavailable)?;
            let request = RequestBuilder::from_parts(self.client.clone(), request);
            let status = match exchange(request, "communication", deadline).await {
                Ok(answer) => answer.status,
                // It said 200, and what it says besides is nothing to us.
                Err(ExchangeError::Unreadable) => StatusCode::OK,
                Err(ExchangeError::Unreachable | ExchangeError::TimedOut) => {
                    return Err(NotifierError::Unavailable);
                }
            };
            let is_refused = status == StatusCode::UNAUTHORIZED && shown.refused();
            if !first || !is_refused {
                return Ok(status);
            }
            first = false;
        }
    }

    fn request(&self, delivery: &Delivery, base: &TenantBase) -> Result<Request, NotifierError> {
        let url = base.below(&["v1", "communication", "notifications"]);
        let request = self
            .client
            .post(url.ok_or(NotifierError::Unavailable)?)
            .header("idempotency-key", &delivery.id)
            .header("x-tenant-id", delivery.tenant.as_str())
            .json(&Notification {
                channel: delivery.channel.as_str(),
                address: delivery.address.expose(),
                language: &delivery.language,
                template_key: &delivery.template_key,
                secret: &delivery.secret,
            });
        request.build().map_err(|_| NotifierError::Unavailable)
    }
}

#[async_trait]
impl Notifier for HttpNotifier {
    #[tracing::instrument(name = "notification.send", skip_all, level = "debug")]
    async fn send(&self, delivery: &Delivery) -> Result<(), NotifierError> {
        let outcome = self.taken(delivery).await.and_then(judge);
        if let Err(error) = outcome {
            tracing::warn!(template_key = delivery.template_key, %error, "notification.failed");
        }
        outcome
    }
}

fn judge(status: StatusCode) -> Result<(), NotifierError> {
    match status {
        // A credential that is not taken says nothing about the message.
        StatusCode::UNAUTHORIZED
        | StatusCode::REQUEST_TIMEOUT
        | StatusCode::TOO_EARLY
        | StatusCode::TOO_MANY_REQUESTS => Err(NotifierError::Unavailable),
        _ if status.is_success() => Ok(()),
        _ if status.is_client_error() => Err(NotifierError::Refused),
        _ => Err(NotifierError::Unavailable),
    }
}

#[cfg(test)]
#[path = "notifier_tests.rs"]
mod tests;
