//! What happened in the portal, as the platform hears of it (`docs/EVENT_SCHEMAS.md`). Ids and codes
//! only: never clinical values, names or contact data.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

use crate::account::AccountStatus;
use crate::id::{NotificationId, PatientId, PortalAccountId, ProxyDelegationId};
use crate::notification::NotificationCategory;
use crate::proxy_delegation::{DelegationRight, RightSet};

/// How long the bus keeps an event: each has a stream of its own, because a stream has one age.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Retention {
    /// A week.
    Days7,
    /// A month.
    Days30,
    /// A quarter.
    Days90,
    /// As long as the journal.
    Years7,
}

impl Retention {
    /// Every one.
    pub const ALL: [Self; 4] = [Self::Days7, Self::Days30, Self::Days90, Self::Years7];

    /// What the stream's name ends with, and the word stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Days7 => "7D",
            Self::Days30 => "30D",
            Self::Days90 => "90D",
            Self::Years7 => "7Y",
        }
    }

    /// In days; a year has 365.25.
    pub const fn days(self) -> u64 {
        match self {
            Self::Days7 => 7,
            Self::Days30 => 30,
            Self::Days90 => 90,
            Self::Years7 => 2_557,
        }
    }
}

/// A kind of event: its type, its subject below the prefix, and how long it is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct EventKind {
    /// The CloudEvents `type`.
    pub event_type: &'static str,
    /// The subject below the prefix.
    pub subject: &'static str,
    /// How long it is kept.
    pub retention: Retention,
}

const fn kind(event_type: &'static str, subject: &'static str, retention: Retention) -> EventKind {
    EventKind {
        event_type,
        subject,
        retention,
    }
}

/// Every kind that goes through the outbox.
pub const KINDS: [EventKind; 10] = [
    ACCOUNT_CREATED,
    ACCOUNT_ACTIVATED,
    ACCOUNT_REINSTATED,
    ACCOUNT_SUSPENDED,
    ACCOUNT_CLOSED,
    PROXY_GRANTED,
    PROXY_ACCEPTED,
    PROXY_REVOKED,
    PROXY_EXPIRED,
    NOTIFICATION_REQUESTED,
];

/// What the journal's relay publishes: no row of the outbox is written for a read.
pub const ACCESS_RECORDED: EventKind = kind(
    "portal.access.recorded.v1",
    "access.recorded",
    Retention::Days90,
);

impl EventKind {
    /// Every kind that is published, by whichever relay.
    pub fn published() -> impl Iterator<Item = Self> {
        KINDS.into_iter().chain([ACCESS_RECORDED])
    }

    /// The version of its data: a type that ends with `.v2` has data of version 2.
    pub fn version(self) -> &'static str {
        self.event_type
            .rsplit_once(".v")
            .map_or("1", |(_, version)| version)
    }

    /// The kind of the outbox with a CloudEvents `type`.
    pub fn of_type(event_type: &str) -> Option<Self> {
        KINDS.into_iter().find(|kind| kind.event_type == event_type)
    }
}

const ACCOUNT_CREATED: EventKind = kind(
    "portal.account.created.v1",
    "account.created",
    Retention::Days7,
);
const ACCOUNT_ACTIVATED: EventKind = kind(
    "portal.account.activated.v1",
    "account.activated",
    Retention::Days30,
);
const ACCOUNT_REINSTATED: EventKind = kind(
    "portal.account.reinstated.v1",
    "account.reinstated",
    Retention::Days30,
);
const ACCOUNT_SUSPENDED: EventKind = kind(
    "portal.account.suspended.v1",
    "account.suspended",
    Retention::Days30,
);
const ACCOUNT_CLOSED: EventKind = kind(
    "portal.account.closed.v1",
    "account.closed",
    Retention::Days90,
);
const PROXY_GRANTED: EventKind = kind(
    "portal.proxy.granted.v1",
    "proxy.granted",
    Retention::Days90,
);
const PROXY_ACCEPTED: EventKind = kind(
    "portal.proxy.accepted.v1",
    "proxy.accepted",
    Retention::Days90,
);
const PROXY_REVOKED: EventKind = kind(
    "portal.proxy.revoked.v1",
    "proxy.revoked",
    Retention::Days90,
);
const PROXY_EXPIRED: EventKind = kind(
    "portal.proxy.expired.v1",
    "proxy.expired",
    Retention::Days90,
);
const NOTIFICATION_REQUESTED: EventKind = kind(
    "portal.notification.requested.v1",
    "notification.requested",
    Retention::Days7,
);

/// An account, as its events name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountRef {
    /// The account.
    pub id: PortalAccountId,
    /// Whose record it holds; none for a caregiver.
    pub patient: Option<PatientId>,
}

/// A delegation, as its events name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DelegationRef {
    /// The delegation.
    pub id: ProxyDelegationId,
    /// Whose record.
    pub grantor: PatientId,
    /// Who may act; none while nobody has accepted.
    pub proxy: Option<PortalAccountId>,
    /// What it opens.
    pub scope: RightSet,
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PortalEvent {
    /// An account was made.
    AccountCreated(AccountRef, AccountStatus),
    /// An account became active for the first time.
    AccountActivated(AccountRef),
    /// A suspended account is active again.
    AccountReinstated(AccountRef),
    /// An account was locked: by whom (opaque) and why (a code).
    AccountSuspended {
        /// Which.
        account: AccountRef,
        /// An opaque id of the actor; never a name.
        actor_id: String,
        /// A code.
        reason: &'static str,
    },
    /// An account was closed for ever.
    AccountClosed(AccountRef, Timestamp),
    /// A delegation was invited or, of a legal one, put up for approval.
    ProxyGranted(DelegationRef),
    /// A delegation was accepted.
    ProxyAccepted(DelegationRef),
    /// A delegation was revoked or declined.
    ProxyRevoked(DelegationRef),
    /// A delegation came to its end.
    ProxyExpired(DelegationRef),
    /// Somebody is to be told something; by whatever channels they chose.
    NotificationRequested {
        /// The notice.
        id: NotificationId,
        /// Whom.
        account: PortalAccountId,
        /// What it is about.
        category: NotificationCategory,
        /// The key of its text, without content.
        template_key: &'static str,
    },
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AccountData<'a> {
    account_id: PortalAccountId,
    #[serde(skip_serializing_if = "Option::is_none")]
    patient_id: Option<&'a PatientId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    actor_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    closed_at: Option<Timestamp>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct DelegationData<'a> {
    delegation_id: ProxyDelegationId,
    grantor_patient_id: &'a PatientId,
    #[serde(skip_serializing_if = "Option::is_none")]
    proxy_account_id: Option<PortalAccountId>,
    scope: Vec<&'static str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct NotificationData {
    notification_id: NotificationId,
    account_id: PortalAccountId,
    category: &'static str,
    template_key: &'static str,
}

impl PortalEvent {
    /// Its kind.
    pub const fn kind(&self) -> EventKind {
        match self {
            Self::AccountCreated(..) => ACCOUNT_CREATED,
            Self::AccountActivated(_) => ACCOUNT_ACTIVATED,
            Self::AccountReinstated(_) => ACCOUNT_REINSTATED,
            Self::AccountSuspended { .. } => ACCOUNT_SUSPENDED,
            Self::AccountClosed(..) => ACCOUNT_CLOSED,
            Self::ProxyGranted(_) => PROXY_GRANTED,
            Self::ProxyAccepted(_) => PROXY_ACCEPTED,
            Self::ProxyRevoked(_) => PROXY_REVOKED,
            Self::ProxyExpired(_) => PROXY_EXPIRED,
            Self::NotificationRequested { .. } => NOTIFICATION_REQUESTED,
        }
    }

    /// The aggregate that it happened to: events of one are published in the order of their
    /// commits.
    pub fn aggregate_id(&self) -> String {
        match self {
            Self::AccountCreated(account, _)
            | Self::AccountActivated(account)
            | Self::AccountReinstated(account)
            | Self::AccountSuspended { account, .. }
            | Self::AccountClosed(account, _) => account.id.to_string(),
            Self::ProxyGranted(delegation)
            | Self::ProxyAccepted(delegation)
            | Self::ProxyRevoked(delegation)
            | Self::ProxyExpired(delegation) => delegation.id.to_string(),
            Self::NotificationRequested { account, .. } => account.to_string(),
        }
    }

    /// Its `data`.
    pub fn data(&self) -> Value {
        match self {
            Self::AccountCreated(account, status) => account.data(|data| {
                data.status = Some(status.as_str());
            }),
            Self::AccountActivated(account) | Self::AccountReinstated(account) => {
                account.data(|_| ())
            }
            Self::AccountSuspended {
                account,
                actor_id,
                reason,
            } => account.data(|data| {
                data.actor_id = Some(actor_id);
                data.reason = Some(reason);
            }),
            Self::AccountClosed(account, closed_at) => account.data(|data| {
                data.closed_at = Some(*closed_at);
            }),
            Self::ProxyGranted(delegation)
            | Self::ProxyAccepted(delegation)
            | Self::ProxyRevoked(delegation)
            | Self::ProxyExpired(delegation) => delegation.data(),
            Self::NotificationRequested {
                id,
                account,
                category,
                template_key,
            } => value(&NotificationData {
                notification_id: *id,
                account_id: *account,
                category: category.as_str(),
                template_key,
            }),
        }
    }
}

impl AccountRef {
    fn data<'a>(&'a self, fill: impl FnOnce(&mut AccountData<'a>)) -> Value {
        let mut data = AccountData {
            account_id: self.id,
            patient_id: self.patient.as_ref(),
            status: None,
            actor_id: None,
            reason: None,
            closed_at: None,
        };
        fill(&mut data);
        value(&data)
    }
}

impl DelegationRef {
    fn data(&self) -> Value {
        value(&DelegationData {
            delegation_id: self.id,
            grantor_patient_id: &self.grantor,
            proxy_account_id: self.proxy,
            scope: self.scope.iter().map(DelegationRight::as_str).collect(),
        })
    }
}

fn value(data: &impl Serialize) -> Value {
    serde_json::to_value(data).expect("ids and words serialise")
}

#[cfg(test)]
#[path = "event_tests.rs"]
mod tests;
