//! What staff may do with accounts and settings. No role opens a record: nothing here makes a
//! [`super::PatientGrant`].

use std::sync::Arc;

use jiff::Timestamp;

use crate::audit::{ActorKind, EventType};
use crate::tenant::Tenant;

use super::{Denial, StatedContext, TokenStanding, VerifiedToken};

/// A role that the staff issuer gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StaffRole {
    /// Runs the portal of a tenant.
    Admin,
    /// Helps people with their accounts.
    Support,
    /// Reads the access log.
    Auditor,
    /// Another service of the platform; no person.
    Service,
}

impl StaffRole {
    /// Every role.
    pub const ALL: [Self; 4] = [Self::Admin, Self::Support, Self::Auditor, Self::Service];

    /// The word in tokens.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Admin => "portal-admin",
            Self::Support => "portal-support",
            Self::Auditor => "portal-auditor",
            Self::Service => "service",
        }
    }

    /// The role of a word; others mean nothing.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == text)
    }

    /// The matrix of roles and rights (docs: `SECURITY_MODEL`), a row a role.
    const fn rights(self) -> &'static [StaffRight] {
        match self {
            Self::Admin => &[
                StaffRight::ReadAccounts,
                StaffRight::LockAccounts,
                StaffRight::CloseAccounts,
                StaffRight::Import,
                StaffRight::ManageDelegations,
                StaffRight::Configure,
                StaffRight::Audit,
                StaffRight::ReplayDeadLetters,
                StaffRight::ReadUsage,
            ],
            Self::Support => &[
                StaffRight::ReadAccounts,
                StaffRight::LockAccounts,
                StaffRight::ReadUsage,
            ],
            Self::Auditor => &[StaffRight::Audit, StaffRight::ReadUsage],
            Self::Service => &[StaffRight::Import, StaffRight::ReadRequests],
        }
    }

    /// Whether the role has a right.
    pub fn may(self, right: StaffRight) -> bool {
        self.rights().contains(&right)
    }
}

/// Something that a role may be allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StaffRight {
    /// To see accounts.
    ReadAccounts,
    /// To suspend and reinstate them.
    LockAccounts,
    /// To close them.
    CloseAccounts,
    /// To make accounts and delegations in bulk.
    Import,
    /// To approve and end delegations.
    ManageDelegations,
    /// To read and set what the tenant decides for itself.
    Configure,
    /// To read the access log and ask for the rules behind a decision.
    Audit,
    /// To see events that were given up, and have them published after all.
    ReplayDeadLetters,
    /// To see how much the portal is used.
    ReadUsage,
    /// To read the values of requests that events only name.
    ReadRequests,
}

impl StaffRight {
    /// Every right.
    pub const ALL: [Self; 10] = [
        Self::ReadAccounts,
        Self::LockAccounts,
        Self::CloseAccounts,
        Self::Import,
        Self::ManageDelegations,
        Self::Configure,
        Self::Audit,
        Self::ReplayDeadLetters,
        Self::ReadUsage,
        Self::ReadRequests,
    ];
}

/// The roles of a token, as far as they mean something.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StaffRoles(Vec<StaffRole>);

impl StaffRoles {
    /// Of the words in a token.
    pub fn of<'a>(words: impl IntoIterator<Item = &'a str>) -> Self {
        Self(words.into_iter().filter_map(StaffRole::parse).collect())
    }

    fn may(&self, right: StaffRight) -> bool {
        self.0.iter().any(|role| role.may(right))
    }

    /// Whether they are of a service and of nobody else: whoever also has a role of a person is
    /// held to be one.
    fn of_service(&self) -> bool {
        !self.0.is_empty() && self.0.iter().all(|role| *role == StaffRole::Service)
    }
}

/// A token of the staff issuer, for `/internal` alone.
#[derive(Debug, Clone)]
pub struct StaffToken {
    /// What every access token says.
    pub token: Arc<VerifiedToken>,
    /// The roles in it.
    pub roles: StaffRoles,
}

/// One operation of `/internal/portal`: a row of its route table, known at compile time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct StaffAction {
    /// Its operation id, camelCase.
    pub operation: &'static str,
    /// What the journal calls it.
    pub event_type: EventType,
    /// What it needs.
    pub right: StaffRight,
}

/// The facts of one request of staff. Absent ones were looked for and not found.
#[derive(Debug, Clone)]
pub struct StaffFacts {
    /// Who asks.
    pub staff: Arc<StaffToken>,
    /// Whether the token still counts.
    pub standing: TokenStanding,
    /// What the request claims.
    pub stated: StatedContext,
    /// The token's tenant, if this deployment knows and serves it.
    pub tenant: Option<Arc<Tenant>>,
    /// Whether that tenant holds the licence of the portal.
    pub licensed: bool,
}

/// Leave for one act of staff in their own tenant. Only [`authorize_staff`] makes it. Neither
/// `Clone` nor serialisable: it ends with the request that it was decided for.
#[derive(Debug)]
pub struct StaffGrant {
    staff: Arc<StaffToken>,
    tenant: Arc<Tenant>,
    action: StaffAction,
    decided_at: Timestamp,
}

/// Decides whether the facts allow the action, and if so makes the proof of it. Checks stand in
/// the order of the contract: token, tenant, licence, second factor, role.
pub fn authorize_staff(
    facts: &StaffFacts,
    action: &StaffAction,
    now: Timestamp,
) -> Result<StaffGrant, Denial> {
    facts.standing.check(false)?;
    let token = &facts.staff.token;
    let id = token.tenant()?;
    let stated = facts.stated.tenant.as_deref();
    if stated.is_some_and(|stated| stated != id.as_str()) {
        return Err(Denial::TenantMismatch);
    }
    let tenant = facts.tenant.as_ref().filter(|tenant| tenant.id == *id);
    let tenant = tenant.filter(|_| facts.licensed);
    let tenant = tenant.ok_or(Denial::ModuleNotLicensed)?;
    if tenant.suspended {
        return Err(Denial::TenantSuspended);
    }
    // Client credentials have no second factor (RFC 6749 section 4.4).
    if !facts.staff.roles.of_service() && !token.strength.is_multi_factor() {
        return Err(Denial::MfaRequired);
    }
    if !facts.staff.roles.may(action.right) {
        return Err(Denial::RoleDenied);
    }
    Ok(StaffGrant {
        staff: Arc::clone(&facts.staff),
        tenant: Arc::clone(tenant),
        action: *action,
        decided_at: now,
    })
}

impl StaffGrant {
    /// The tenant, for everything that belongs to it.
    pub const fn tenant(&self) -> &Arc<Tenant> {
        &self.tenant
    }

    /// The token of who acts.
    pub fn token(&self) -> &Arc<VerifiedToken> {
        &self.staff.token
    }

    /// In what capacity the journal says they act.
    pub fn actor(&self) -> ActorKind {
        self.staff.actor()
    }

    /// What was allowed.
    pub const fn action(&self) -> &StaffAction {
        &self.action
    }

    /// When it was decided: the `now` of every rule of this request.
    pub const fn decided_at(&self) -> Timestamp {
        self.decided_at
    }
}

impl StaffToken {
    /// In what capacity the journal says they act.
    pub fn actor(&self) -> ActorKind {
        if self.roles.of_service() {
            ActorKind::Service
        } else {
            ActorKind::Staff
        }
    }
}
