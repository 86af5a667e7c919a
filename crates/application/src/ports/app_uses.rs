//! Which third parties' apps use what somebody granted them.

use std::fmt;

use jiff::Timestamp;
use portal_domain::id::{ClientId, PortalAccountId, ProxyDelegationId, TenantId};

use super::Hash;

/// That an app was answered with somebody's token. Never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct AppUse {
    /// The tenant.
    pub tenant: TenantId,
    /// Whose token it is.
    pub account: PortalAccountId,
    /// The app.
    pub client: ClientId,
    /// By which delegation, and whose list it stands in besides, where the grantor has one.
    pub acting: Option<(ProxyDelegationId, PortalAccountId)>,
    /// What the token says that it may do.
    pub scopes: Box<str>,
    /// `iat` of the token: what was revoked since is not noted.
    pub issued_at: Timestamp,
    /// What the list of revocations has the person and the app under.
    pub revocation_key: Option<Hash>,
    /// When it was answered.
    pub used_at: Timestamp,
}

impl fmt::Debug for AppUse {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("AppUse(****)")
    }
}

/// An app as the person sees it in whose list it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedApp {
    /// The app.
    pub client: ClientId,
    /// By which delegation a proxy's app reads this person's record; none for their own.
    pub delegation: Option<ProxyDelegationId>,
    /// What its last token said that it may do.
    pub scopes: String,
    /// The first use of this grant.
    pub first_used_at: Timestamp,
    /// The last one, to the minute.
    pub last_used_at: Timestamp,
}

/// Keeps uses.
pub trait AppUses: Send + Sync {
    /// Takes a use to be kept soon. Never waits and never fails: what is too much is left out, and
    /// counted.
    fn note(&self, app_use: AppUse);
}
