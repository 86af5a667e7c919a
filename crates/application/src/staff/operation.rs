//! Every operation of `/internal/portal`, as the decision and the journal see it.

use portal_domain::access::{StaffAction, StaffRight};
use portal_domain::audit::EventType;

const fn staff(operation: &'static str, event_type: EventType, right: StaffRight) -> StaffAction {
    StaffAction {
        operation,
        event_type,
        right,
    }
}

const fn view(operation: &'static str, right: StaffRight) -> StaffAction {
    staff(operation, EventType::AdminViewed, right)
}

/// `GET accounts`
pub const LIST_ACCOUNTS: StaffAction = view("listAccounts", StaffRight::ReadAccounts);
/// `GET accounts/{pact}`
pub const GET_ACCOUNT: StaffAction = view("getAccount", StaffRight::ReadAccounts);
/// `POST accounts/{pact}/suspend`
pub const SUSPEND_ACCOUNT: StaffAction = staff(
    "suspendAccount",
    EventType::AccountSuspended,
    StaffRight::LockAccounts,
);
/// `POST accounts/{pact}/reinstate`
pub const REINSTATE_ACCOUNT: StaffAction = staff(
    "reinstateAccount",
    EventType::AccountReinstated,
    StaffRight::LockAccounts,
);
/// `POST accounts/{pact}/close`
pub const CLOSE_ACCOUNT: StaffAction = staff(
    "closeAccount",
    EventType::AccountClosed,
    StaffRight::CloseAccounts,
);
/// `POST accounts/bulk`
pub const IMPORT_ACCOUNTS: StaffAction = staff(
    "importAccounts",
    EventType::AccountRegistered,
    StaffRight::Import,
);
/// `POST proxy-delegations/bulk`
pub const IMPORT_DELEGATIONS: StaffAction = staff(
    "importProxyDelegations",
    EventType::ProxyGranted,
    StaffRight::Import,
);
/// `POST proxy-delegations/{pdel}/approve`
pub const APPROVE_DELEGATION: StaffAction = staff(
    "approveProxyDelegation",
    EventType::ProxyConfirmed,
    StaffRight::ManageDelegations,
);
/// `POST proxy-delegations/{pdel}/revoke`
pub const REVOKE_DELEGATION: StaffAction = staff(
    "endProxyDelegation",
    EventType::ProxyRevoked,
    StaffRight::ManageDelegations,
);
/// `GET tenants/{id}/config`
pub const GET_CONFIG: StaffAction = view("getTenantConfig", StaffRight::Configure);
/// `PUT tenants/{id}/config`
pub const PUT_CONFIG: StaffAction = staff(
    "putTenantConfig",
    EventType::AdminChanged,
    StaffRight::Configure,
);
/// `GET access-log`
pub const LIST_LOG: StaffAction = staff(
    "listTenantAccessLog",
    EventType::AccessLogViewed,
    StaffRight::Audit,
);
/// `POST decisions/explain`
pub const EXPLAIN: StaffAction = view("explainDecision", StaffRight::Audit);
/// `GET outbox/dead-letters`
pub const LIST_DEAD_LETTERS: StaffAction = view("listDeadLetters", StaffRight::ReplayDeadLetters);
/// `POST outbox/dead-letters/{id}/replay`
pub const REPLAY_DEAD_LETTER: StaffAction = staff(
    "replayDeadLetter",
    EventType::AdminChanged,
    StaffRight::ReplayDeadLetters,
);
/// `GET usage`
pub const GET_USAGE: StaffAction = view("getUsage", StaffRight::ReadUsage);

/// The operations of `/internal/portal`.
pub const ALL: [StaffAction; 16] = [
    LIST_ACCOUNTS,
    GET_ACCOUNT,
    SUSPEND_ACCOUNT,
    REINSTATE_ACCOUNT,
    CLOSE_ACCOUNT,
    IMPORT_ACCOUNTS,
    IMPORT_DELEGATIONS,
    APPROVE_DELEGATION,
    REVOKE_DELEGATION,
    GET_CONFIG,
    PUT_CONFIG,
    LIST_LOG,
    EXPLAIN,
    LIST_DEAD_LETTERS,
    REPLAY_DEAD_LETTER,
    GET_USAGE,
];
