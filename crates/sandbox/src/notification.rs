//! What communication-service was given to send.

use std::collections::HashSet;
use std::fmt;

use serde::{Deserialize, Serialize};

/// A notification as it was given.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SentNotification {
    /// `X-Tenant-ID`.
    pub tenant: String,
    /// `Idempotency-Key`.
    pub idempotency_key: String,
    /// What the body says.
    #[serde(flatten)]
    pub notification: Notification,
}

/// The body of a notification.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Notification {
    /// `email` or `phone`.
    pub channel: String,
    /// Where to.
    pub address: String,
    /// BCP 47 tag of the text.
    pub language: String,
    /// The key of the text.
    pub template_key: String,
    /// The link or code that the text carries.
    pub secret: String,
}

impl fmt::Debug for SentNotification {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SentNotification(****)")
    }
}

impl fmt::Debug for Notification {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Notification(****)")
    }
}

/// Everything that was taken, oldest first.
#[derive(Default)]
pub(crate) struct Notifications {
    sent: Vec<SentNotification>,
    keys: HashSet<(String, String)>,
}

impl Notifications {
    /// Takes a notification; whether it is the first under its key.
    pub(crate) fn take(&mut self, sent: SentNotification) -> bool {
        let key = (sent.tenant.clone(), sent.idempotency_key.clone());
        let is_first = self.keys.insert(key);
        if is_first {
            self.sent.push(sent);
        }
        is_first
    }

    /// Those to an address of a tenant; either may be left open.
    pub(crate) fn find(
        &self,
        tenant: Option<&str>,
        address: Option<&str>,
    ) -> Vec<SentNotification> {
        let is_meant = |sent: &&SentNotification| {
            tenant.is_none_or(|tenant| sent.tenant == tenant)
                && address.is_none_or(|address| sent.notification.address == address)
        };
        self.sent.iter().filter(is_meant).cloned().collect()
    }

    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }
}
