//! What is asked for, as the decision sees it.

use portal_fhir::ResourceType;

use crate::audit::EventType;
use crate::feature::Feature;
use crate::proxy_delegation::DelegationRight;
use crate::scope::Interaction;

/// Which face of the service was called. Each has its own audience and clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Surface {
    /// `/v1/portal`, for the portal's own clients.
    Portal,
    /// `/fhir/R4`, for SMART apps.
    Fhir,
}

/// Which account a route needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AccountNeed {
    /// None: who has no account yet may call it.
    None,
    /// Any state: the caller only asks about their own account.
    AnyState,
    /// Active, with or without a record: what a caregiver reaches without acting for anybody.
    ActiveOfAnyKind,
    /// Active, with a record of its own or acting for somebody.
    Active,
}

/// Which scope a route needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ScopeNeed {
    /// `openid` and `profile`: who the caller is, and no record.
    Identity,
    /// The interaction with this type.
    Record(ResourceType, Interaction),
    /// The interaction with one of these types: what is read is reached from records of them.
    AnyOf(&'static [ResourceType], Interaction),
    /// The interaction with any type: a list of many shows those that it may.
    AnyRecord(Interaction),
}

/// What a proxy's delegation must open for a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ProxyNeed {
    /// No proxy may ever call it.
    Never,
    /// Any delegation will do.
    Any,
    /// This right.
    Right(DelegationRight),
    /// A right that opens something of the route's type.
    OfType,
}

/// One operation of the service: a row of the route table, known at compile time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Action {
    /// Its operation id, camelCase.
    pub operation: &'static str,
    /// The face it stands on.
    pub surface: Surface,
    /// What the journal calls it.
    pub event_type: EventType,
    /// The sub-feature that the tenant must hold.
    pub feature: Option<Feature>,
    /// Which account it needs.
    pub account: AccountNeed,
    /// Which scope it needs.
    pub scope: ScopeNeed,
    /// What a proxy's delegation must open.
    pub proxy: ProxyNeed,
    /// Whether it needs a fresh second factor (A2).
    pub step_up: bool,
}

impl Action {
    /// The interaction whose letter counts for every part of the answer; none where no record is
    /// answered with.
    pub const fn interaction(&self) -> Option<Interaction> {
        match self.scope {
            ScopeNeed::Identity => None,
            ScopeNeed::Record(_, interaction)
            | ScopeNeed::AnyOf(_, interaction)
            | ScopeNeed::AnyRecord(interaction) => Some(interaction),
        }
    }

    /// The type that it is about; none where it is about no record.
    pub const fn resource_type(&self) -> Option<ResourceType> {
        match self.scope {
            ScopeNeed::Identity | ScopeNeed::AnyOf(..) | ScopeNeed::AnyRecord(_) => None,
            ScopeNeed::Record(resource_type, _) => Some(resource_type),
        }
    }
}
