//! The access event: one line of the journal, and the receipt that it is durable.

use jiff::Timestamp;
use portal_fhir::ResourceType;
use serde::Serialize;

use crate::id::{
    ClientId, Issuer, PatientId, PortalAccessEventId, PortalAccountId, ProxyDelegationId,
    RequestId, Subject, TenantId,
};

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EventType {
    /// `chart.viewed`
    ChartViewed,
    /// `result.viewed`
    ResultViewed,
    /// `billing.viewed`
    BillingViewed,
    /// `message.read`
    MessageRead,
    /// `fhir.read`
    FhirRead,
    /// `fhir.searched`
    FhirSearched,
    /// `account.viewed`
    AccountViewed,
    /// `accesslog.viewed`
    AccessLogViewed,
    /// `account.registered`
    AccountRegistered,
    /// `account.activated`
    AccountActivated,
    /// `account.suspended`
    AccountSuspended,
    /// `account.reinstated`
    AccountReinstated,
    /// `account.closed`
    AccountClosed,
    /// `account.updated`
    AccountUpdated,
    /// `proxy.viewed`
    ProxyViewed,
    /// `proxy.granted`
    ProxyGranted,
    /// `proxy.accepted`
    ProxyAccepted,
    /// `proxy.declined`
    ProxyDeclined,
    /// `proxy.confirmed`
    ProxyConfirmed,
    /// `proxy.revoked`
    ProxyRevoked,
    /// `proxy.expired`
    ProxyExpired,
    /// `app.revoked`
    AppRevoked,
    /// `admin.viewed`
    AdminViewed,
    /// `admin.changed`
    AdminChanged,
    /// `access.denied`
    AccessDenied,
}

impl EventType {
    /// Every type.
    pub const ALL: [Self; 25] = [
        Self::ChartViewed,
        Self::ResultViewed,
        Self::BillingViewed,
        Self::MessageRead,
        Self::FhirRead,
        Self::FhirSearched,
        Self::AccountViewed,
        Self::AccessLogViewed,
        Self::AccountRegistered,
        Self::AccountActivated,
        Self::AccountSuspended,
        Self::AccountReinstated,
        Self::AccountClosed,
        Self::AccountUpdated,
        Self::ProxyViewed,
        Self::ProxyGranted,
        Self::ProxyAccepted,
        Self::ProxyDeclined,
        Self::ProxyConfirmed,
        Self::ProxyRevoked,
        Self::ProxyExpired,
        Self::AppRevoked,
        Self::AdminViewed,
        Self::AdminChanged,
        Self::AccessDenied,
    ];

    /// The word stored, published and shown.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ChartViewed => "chart.viewed",
            Self::ResultViewed => "result.viewed",
            Self::BillingViewed => "billing.viewed",
            Self::MessageRead => "message.read",
            Self::FhirRead => "fhir.read",
            Self::FhirSearched => "fhir.searched",
            Self::AccountViewed => "account.viewed",
            Self::AccessLogViewed => "accesslog.viewed",
            Self::AccountRegistered => "account.registered",
            Self::AccountActivated => "account.activated",
            Self::AccountSuspended => "account.suspended",
            Self::AccountReinstated => "account.reinstated",
            Self::AccountClosed => "account.closed",
            Self::AccountUpdated => "account.updated",
            Self::ProxyViewed => "proxy.viewed",
            Self::ProxyGranted => "proxy.granted",
            Self::ProxyAccepted => "proxy.accepted",
            Self::ProxyDeclined => "proxy.declined",
            Self::ProxyConfirmed => "proxy.confirmed",
            Self::ProxyRevoked => "proxy.revoked",
            Self::ProxyExpired => "proxy.expired",
            Self::AppRevoked => "app.revoked",
            Self::AdminViewed => "admin.viewed",
            Self::AdminChanged => "admin.changed",
            Self::AccessDenied => "access.denied",
        }
    }

    /// The type of a stored or asked word.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// How it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// Shown.
    Success,
    /// Refused.
    Denied,
    /// Allowed, but nothing could be shown.
    Failed,
}

impl Outcome {
    /// The word stored, published and shown.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Denied => "denied",
            Self::Failed => "failed",
        }
    }
}

/// Who acted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ActorKind {
    /// The patient with the portal's own client.
    Oneself,
    /// Somebody who acts for the patient, with the portal's own client.
    Proxy,
    /// A third party's app, whoever uses it.
    App,
    /// Somebody of the health system's staff.
    Staff,
    /// Another service of the platform.
    Service,
    /// The portal itself: a job, or an event that it consumed.
    System,
}

impl ActorKind {
    /// Every kind.
    pub const ALL: [Self; 6] = [
        Self::Oneself,
        Self::Proxy,
        Self::App,
        Self::Staff,
        Self::Service,
        Self::System,
    ];

    /// The word stored, published and shown.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Oneself => "self",
            Self::Proxy => "proxy",
            Self::App => "app",
            Self::Staff => "staff",
            Self::Service => "service",
            Self::System => "system",
        }
    }

    /// The kind of a stored or asked word.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// The versions that a decision used. The journal keeps an event only while they are the rows'.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FenceVersions {
    /// The tenant's version: policy, age bands and code lists included.
    pub tenant: i64,
    /// The acting account and its version.
    pub account: (PortalAccountId, i64),
    /// The delegation acted by.
    pub delegation: Option<(ProxyDelegationId, i64)>,
    /// The account of the patient who is acted for, if there is one.
    pub grantor: Option<(PortalAccountId, i64)>,
}

/// How many resource ids an event carries before it only counts.
pub const MAX_RESOURCE_IDS: usize = 50;

/// One line of the journal. Holds ids and codes only, never clinical values.
#[derive(Clone)]
pub struct AccessEvent {
    /// Its id; the ULID's time is `occurred_at` in milliseconds.
    pub id: PortalAccessEventId,
    /// The tenant it belongs to.
    pub tenant_id: TenantId,
    /// The acting account, when there is one.
    pub account_id: Option<PortalAccountId>,
    /// Whose record, when it is known.
    pub patient_id: Option<PatientId>,
    /// In what capacity the account acted.
    pub actor: ActorKind,
    /// The delegation acted by; the event is then the proxy's act on the patient's record.
    pub delegation_id: Option<ProxyDelegationId>,
    /// Who a caller without an account is; stored as a keyed hash. None where nobody called.
    pub identity: Option<(Issuer, Subject)>,
    /// The client used.
    pub client: Option<ClientId>,
    /// What was done.
    pub event_type: EventType,
    /// How it ended.
    pub outcome: Outcome,
    /// Why it was refused or failed.
    pub reason_code: Option<&'static str>,
    /// The type looked at.
    pub resource_type: Option<ResourceType>,
    /// The ids shown, at most [`MAX_RESOURCE_IDS`].
    pub resource_ids: Vec<Box<str>>,
    /// How many were shown in all (for a counted denial: how many refusals it stands for).
    pub resource_count: u32,
    /// The names of the query's parameters, never their values.
    pub query_keys: Vec<Box<str>>,
    /// The operation id of the route.
    pub operation: &'static str,
    /// The client's address, truncated.
    pub client_address: Option<String>,
    /// The class of the client's user agent.
    pub user_agent_class: &'static str,
    /// The correlation.
    pub request_id: RequestId,
    /// When.
    pub occurred_at: Timestamp,
    /// What the fence checks; none for denials.
    pub fence: Option<FenceVersions>,
}

impl std::fmt::Debug for AccessEvent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AccessEvent")
            .field("id", &self.id)
            .field("event_type", &self.event_type)
            .field("outcome", &self.outcome)
            .finish_non_exhaustive()
    }
}

/// The proof that an access event is durable. Without it there are no bytes to send.
#[derive(Debug, PartialEq, Eq)]
pub struct Receipt {
    event: PortalAccessEventId,
}

impl Receipt {
    /// For adapters of the journal alone, after the commit: a lint refuses it everywhere else.
    pub const fn issue(event: PortalAccessEventId) -> Self {
        Self { event }
    }

    /// The event that is durable.
    pub const fn event(&self) -> PortalAccessEventId {
        self.event
    }
}

/// What the portal itself holds about a person, together with the proof that this look at it is
/// recorded. The value cannot be had without the receipt.
#[derive(Debug)]
pub struct Recorded<T> {
    value: T,
    receipt: Receipt,
}

impl<T> Recorded<T> {
    /// Joins a value to its receipt.
    pub const fn new(value: T, receipt: Receipt) -> Self {
        Self { value, receipt }
    }

    /// The value, to be sent.
    pub const fn value(&self) -> &T {
        &self.value
    }

    /// The proof.
    pub const fn receipt(&self) -> &Receipt {
        &self.receipt
    }

    /// The same proof for another view of the value.
    #[must_use]
    pub fn map<U>(self, view: impl FnOnce(T) -> U) -> Recorded<U> {
        Recorded {
            value: view(self.value),
            receipt: self.receipt,
        }
    }
}

/// One line of the log as its patient sees it.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AccessLogEntry {
    /// The event.
    pub id: String,
    /// When (RFC 3339 UTC).
    pub occurred_at: Timestamp,
    /// What was done.
    pub event_type: String,
    /// How it ended.
    pub outcome: String,
    /// Why it was refused or failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason_code: Option<String>,
    /// Who.
    pub actor: AccessLogActor,
    /// The type looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource_type: Option<String>,
    /// The ids shown, at most [`MAX_RESOURCE_IDS`].
    pub resource_ids: Vec<String>,
    /// How many were shown in all.
    pub resource_count: u32,
    /// From where, truncated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_address: Option<String>,
    /// With what class of program.
    pub user_agent_class: String,
    /// The correlation.
    pub request_id: String,
}

/// Who acted, as the patient sees it.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AccessLogActor {
    /// `self`, `proxy` or `app`.
    pub kind: String,
    /// Whether it was an act for somebody else, by the delegation below.
    pub acting_as_proxy: bool,
    /// `pdel_…`, of an act for somebody else.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proxy_delegation_id: Option<String>,
    /// The acting account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account_id: Option<String>,
    /// The client.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
}
