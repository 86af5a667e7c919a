//! Links and codes, handed to communication-service over REST.

use std::time::Duration;

use async_trait::async_trait;
use portal_application::ports::{Delivery, Notifier, NotifierError};
use reqwest::{Client, StatusCode};
use serde::Serialize;

use crate::exchange::{ExchangeError, exchange_within};

const PATIENCE: Duration = Duration::from_secs(3);

/// Sends by `POST {base}/v1/communication/notifications`, under the delivery's id as
/// `Idempotency-Key`.
pub struct HttpNotifier {
    client: Client,
    url: String,
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
    pub fn new(base_url: &str, client: Client) -> Self {
        Self {
            client,
            url: format!("{base_url}/v1/communication/notifications"),
            patience: PATIENCE,
        }
    }
}

#[async_trait]
impl Notifier for HttpNotifier {
    #[tracing::instrument(name = "notification.send", skip_all, level = "debug")]
    async fn send(&self, delivery: &Delivery) -> Result<(), NotifierError> {
        let request = self
            .client
            .post(&self.url)
            .header("idempotency-key", &delivery.id)
            .header("x-tenant-id", delivery.tenant.as_str())
            .json(&Notification {
                channel: delivery.channel.as_str(),
                address: delivery.address.expose(),
                language: &delivery.language,
                template_key: &delivery.template_key,
                secret: &delivery.secret,
            });
        let answer = exchange_within(request, "communication", self.patience).await;
        let outcome = match answer {
            Ok(answer) => judge(answer.status),
            // It said 200, and what it says besides is nothing to us.
            Err(ExchangeError::Unreadable) => Ok(()),
            Err(ExchangeError::Unreachable | ExchangeError::TimedOut) => {
                Err(NotifierError::Unavailable)
            }
        };
        if let Err(error) = outcome {
            tracing::warn!(template_key = delivery.template_key, %error, "notification.failed");
        }
        outcome
    }
}

fn judge(status: StatusCode) -> Result<(), NotifierError> {
    match status {
        StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_EARLY | StatusCode::TOO_MANY_REQUESTS => {
            Err(NotifierError::Unavailable)
        }
        _ if status.is_success() => Ok(()),
        _ if status.is_client_error() => Err(NotifierError::Refused),
        _ => Err(NotifierError::Unavailable),
    }
}

#[cfg(test)]
#[path = "notifier_tests.rs"]
mod tests;
