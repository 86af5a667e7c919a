//! Delegations as clients see and send them.

use jiff::civil::Date;
use portal_application::{ListedDelegation, ListedRole};
use portal_domain::proxy_delegation::{DelegationRight, ProxyDelegation};
use portal_domain::sensitivity::SensitivityCategory;
use serde::Serialize;
use utoipa::ToSchema;

/// The caller's delegations.
#[derive(Serialize, ToSchema)]
pub(crate) struct DelegationList {
    /// Newest first.
    pub(super) data: Vec<DelegationView>,
}

/// A delegation.
#[derive(Serialize, ToSchema)]
#[schema(as = Delegation)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DelegationView {
    /// `pdel_…`
    delegation_id: String,
    /// `invited`, `accepted`, `active`, `revoked`, `expired` or `declined`.
    status: &'static str,
    /// `grantor` or `proxy`: which side the caller is on. Only where delegations are read.
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<&'static str>,
    /// `parent`, `guardian`, `caregiver`, `spouse` or `authorized_representative`.
    relationship_type: &'static str,
    /// Who may act, once somebody has accepted: `pact_…`
    #[serde(skip_serializing_if = "Option::is_none")]
    proxy_account_id: Option<String>,
    /// What it opens.
    scope: Vec<&'static str>,
    /// The sensitive categories that it opens too.
    sensitive: Vec<&'static str>,
    /// The first day, in the health system's zone.
    #[schema(value_type = String, format = Date)]
    valid_from: Date,
    /// The last day; open when absent.
    #[schema(value_type = Option<String>, format = Date)]
    #[serde(skip_serializing_if = "Option::is_none")]
    valid_to: Option<Date>,
}

pub(super) fn changed(delegation: &ProxyDelegation) -> DelegationView {
    let terms = &delegation.terms;
    let sensitive = terms.sensitive.iter().map(SensitivityCategory::as_str);
    DelegationView {
        delegation_id: delegation.id.to_string(),
        status: delegation.status.as_str(),
        role: None,
        relationship_type: terms.relationship.as_str(),
        proxy_account_id: delegation.proxy.map(|proxy| proxy.to_string()),
        scope: terms.scope.iter().map(DelegationRight::as_str).collect(),
        sensitive: sensitive.collect(),
        valid_from: terms.valid_from,
        valid_to: terms.valid_to,
    }
}

pub(super) fn listed(listed: &ListedDelegation) -> DelegationView {
    let role = match listed.role {
        ListedRole::Grantor => "grantor",
        ListedRole::Proxy => "proxy",
    };
    DelegationView {
        role: Some(role),
        ..changed(&listed.delegation)
    }
}

/// Whom to invite, and what for.
#[derive(ToSchema)]
#[schema(as = Invitation, rename_all = "camelCase")]
#[expect(
    dead_code,
    reason = "it only describes the body, which is read elsewhere"
)]
pub(crate) struct InvitationBody {
    /// Where the code is sent.
    invitee: InviteeBody,
    /// `caregiver`, `spouse` or `authorized_representative`.
    relationship_type: String,
    /// At least one right, such as `labs` or `appointments.view`.
    scope: Vec<String>,
    /// Sensitive categories, such as `mental-health`; none unless said.
    sensitive: Option<Vec<String>>,
    /// The first day, in the health system's zone.
    #[schema(format = Date)]
    valid_from: String,
    /// The last day; open when absent.
    #[schema(format = Date)]
    valid_to: Option<String>,
}

/// Where somebody is reached.
#[derive(ToSchema)]
#[schema(as = Invitee)]
#[expect(
    dead_code,
    reason = "it only describes the body, which is read elsewhere"
)]
pub(crate) struct InviteeBody {
    /// `email` or `phone`.
    channel: String,
    /// An e-mail address, or a telephone number with `+` and its country code.
    address: String,
}

/// The code that was sent.
#[derive(ToSchema)]
#[schema(as = InvitationCode)]
#[expect(
    dead_code,
    reason = "it only describes the body, which is read elsewhere"
)]
pub(crate) struct CodeBody {
    /// As it was sent; capitals and small letters are the same.
    code: String,
}
