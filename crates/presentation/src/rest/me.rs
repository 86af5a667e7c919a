//! The caller's own account.

use axum::extract::State;
use axum::response::Response;
use http::HeaderMap;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use portal_application::{Delegator, MeAnswer};
use portal_domain::access::Surface;
use portal_domain::account::{AccountStatus, PortalAccount};
use portal_domain::disclosure::Disclosure;
use portal_domain::proxy_delegation::DelegationRight;
use portal_fhir::{HumanName, Person};
use serde::Serialize;
use utoipa::ToSchema;

use crate::caller::PortalCaller;
use crate::disclosure;
use crate::fault::Fault;
use crate::language::Language;
use crate::problem::Problem;
use crate::rest::meta::{Meta, WithMeta};
use crate::router::Faces;
use crate::sent::Sent;

/// An account.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AccountView<'a> {
    /// `pact_…`
    account_id: String,
    /// `patient` or `caregiver`.
    kind: &'static str,
    /// The Patient's id on `/fhir/R4`.
    #[serde(skip_serializing_if = "Option::is_none")]
    patient_id: Option<&'a str>,
    /// `pending_verification`, `active`, `suspended` or `closed`.
    status: &'static str,
    /// Whether this login used a second factor.
    mfa_enabled: bool,
    /// BCP 47.
    preferred_language: Option<&'a str>,
    /// RFC 3339 UTC.
    #[schema(value_type = Option<String>, format = DateTime)]
    last_login_at: Option<Timestamp>,
    /// The official name in force, in the asked script where there is one. Only of an active
    /// account.
    #[serde(skip_serializing_if = "Option::is_none")]
    display_name: Option<String>,
    /// The health system.
    tenant: TenantView<'a>,
    /// The licence keys that the health system holds. Only of an active account.
    #[serde(skip_serializing_if = "Option::is_none")]
    features: Option<&'a [String]>,
    /// Whom this request acts for, as `X-Acting-For` says.
    #[serde(skip_serializing_if = "Option::is_none")]
    acting_for: Option<DelegatorView<'a>>,
    /// Whom the account may act for now. Only of an active account.
    #[serde(skip_serializing_if = "Option::is_none")]
    may_act_for: Option<Vec<DelegatorView<'a>>>,
}

/// Somebody whom the account may act for.
#[derive(Serialize, ToSchema)]
#[schema(as = Delegator)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DelegatorView<'a> {
    /// `pdel_…`, for `X-Acting-For`.
    delegation_id: String,
    /// The Patient's id on `/fhir/R4`.
    #[serde(skip_serializing_if = "Option::is_none")]
    patient_id: Option<&'a str>,
    /// The official name in force, in the asked script where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    display_name: Option<String>,
    /// `parent`, `guardian`, `caregiver`, `spouse` or `authorized_representative`.
    relationship_type: &'static str,
    /// What the delegation opens now: of a parent's, as far as the patient's age allows.
    scope: Vec<&'static str>,
    /// The last day, in the health system's zone; open when absent.
    #[schema(value_type = Option<String>, format = Date)]
    #[serde(skip_serializing_if = "Option::is_none")]
    valid_to: Option<jiff::civil::Date>,
}

/// A health system.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TenantView<'a> {
    /// Its id.
    id: &'a str,
    /// The name that patients know.
    name: &'a str,
    /// IANA zone of its civil dates.
    time_zone: &'a str,
    /// Calendar to format with, such as `gregory` or `persian`.
    calendar: &'a str,
    /// BCP 47.
    locale: &'a str,
    /// ISO 4217.
    currency: &'a str,
}

/// An account and how good the sources' parts of it are.
#[derive(Serialize, ToSchema)]
#[schema(as = Account)]
pub(crate) struct AccountBody<'a> {
    #[serde(flatten)]
    account: AccountView<'a>,
    meta: Meta,
}

/// The caller's own account
#[utoipa::path(
    get,
    path = "/v1/portal/me",
    operation_id = "getMe",
    tag = "account",
    security(("bearer" = ["patient/Patient.read"])),
    responses(
        (status = 200, description = "The account", body = AccountBody, content_type = "application/json"),
        (status = 304, description = "Unchanged"),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn get_me(
    State(faces): State<Faces>,
    asked: PortalCaller,
) -> Result<Response, Fault> {
    let me = faces.portal.me(&asked.caller, &asked.parameters).await;
    let me = me.map_err(Fault::on(Surface::Portal))?;
    let preferred = me.account.preferred_language.as_deref();
    let fallbacks = [preferred, Some(me.tenant.locale.as_str())];
    let language = asked.exchange.language_or(&fallbacks);
    let now = faces.settings.clock.now();
    let build = |disclosure: &Disclosure| Some(account(&me, disclosure, language, now));
    disclosure::view(
        (&me.disclosure, &me.completeness),
        (&asked.exchange, language),
        build,
        &WithMeta::of(&me.completeness),
    )
}

/// What a person can change of their account.
#[derive(ToSchema)]
#[schema(as = AccountChange)]
#[expect(
    dead_code,
    reason = "it only describes the body, which is read elsewhere"
)]
#[schema(rename_all = "camelCase")]
pub(crate) struct AccountChangeBody {
    /// `en`, `ps-AF`, `fa-AF` or `ar`.
    preferred_language: String,
}

/// What was changed of an account.
#[derive(Serialize, ToSchema)]
#[schema(as = ChangedAccount)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ChangedAccountView<'a> {
    /// `pact_…`
    account_id: String,
    /// BCP 47.
    preferred_language: Option<&'a str>,
}

/// Change the caller's own account
#[utoipa::path(
    patch,
    path = "/v1/portal/me",
    operation_id = "updateMe",
    tag = "account",
    security(("bearer" = ["patient/Patient.write"])),
    request_body(content = AccountChangeBody, content_type = "application/json"),
    responses(
        (status = 200, description = "As it is now", body = ChangedAccountView, content_type = "application/json"),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn update_me(
    State(faces): State<Faces>,
    asked: PortalCaller,
    sent: Sent,
) -> Result<Response, Fault> {
    let request = sent.with(asked.parameters);
    let changed = faces.portal.update_me(&asked.caller, &request).await;
    let changed = changed.map_err(Fault::on(Surface::Portal))?;
    disclosure::performed(
        &changed,
        |account| Some(changed_account(account)),
        HeaderMap::new(),
    )
}

fn changed_account(account: &PortalAccount) -> ChangedAccountView<'_> {
    ChangedAccountView {
        account_id: account.id.to_string(),
        preferred_language: account.preferred_language.as_deref(),
    }
}

fn account<'a>(
    me: &'a MeAnswer,
    disclosure: &Disclosure,
    language: Language,
    now: Timestamp,
) -> AccountView<'a> {
    let (account, tenant) = (&me.account, &me.tenant);
    let active = account.status == AccountStatus::Active;
    let named = |person: &Person| display_name(person, language, now, &tenant.time_zone);
    let mut own = disclosure.group("patient");
    let name = own
        .find_map(|record| record.header().person.as_ref())
        .and_then(named);
    let delegator = |delegator: &'a Delegator| DelegatorView {
        delegation_id: delegator.delegation.id.to_string(),
        patient_id: delegator.patient_address.as_deref(),
        display_name: person_of(disclosure, delegator).and_then(named),
        relationship_type: delegator.delegation.relationship.as_str(),
        scope: delegator
            .rights
            .iter()
            .map(DelegationRight::as_str)
            .collect(),
        valid_to: delegator.delegation.valid_to,
    };
    AccountView {
        account_id: account.id.to_string(),
        kind: account.kind.as_str(),
        patient_id: me.patient_address.as_deref(),
        status: account.status.as_str(),
        mfa_enabled: me.mfa,
        preferred_language: account.preferred_language.as_deref(),
        last_login_at: account.last_login_at,
        display_name: name.filter(|_| active),
        tenant: TenantView {
            id: tenant.id.as_str(),
            name: &tenant.name,
            time_zone: tenant.time_zone.iana_name().unwrap_or("UTC"),
            calendar: &tenant.calendar,
            locale: &tenant.locale,
            currency: &tenant.currency,
        },
        features: me.features.as_deref(),
        acting_for: me.acting_for.as_ref().map(delegator),
        may_act_for: me
            .may_act_for
            .as_ref()
            .map(|delegators| delegators.iter().map(delegator).collect()),
    }
}

fn person_of<'d>(disclosure: &'d Disclosure, delegator: &Delegator) -> Option<&'d Person> {
    let address = delegator.patient_address.as_deref()?;
    disclosure
        .group("delegators")
        .find(|record| &*record.header().id == address)
        .and_then(|record| record.header().person.as_ref())
}

/// A person's official name that is in use, in the script of a language first.
pub(super) fn display_name(
    person: &Person,
    language: Language,
    now: Timestamp,
    zone: &TimeZone,
) -> Option<String> {
    let in_force = |name: &&HumanName| {
        name.period.as_ref().is_none_or(|period| {
            let interval = period.interval(zone);
            interval.start.is_none_or(|start| start <= now)
                && interval.end.is_none_or(|end| now < end)
        })
    };
    let names = person.names.iter().filter(in_force);
    let mut names: Vec<(&HumanName, String)> = names
        .map(|name| (name, written(name)))
        .filter(|(_, text)| !text.is_empty())
        .collect();
    names.sort_by_key(|(name, text)| (rank(name), !is_in_script(text, language)));
    names.into_iter().next().map(|(_, text)| text)
}

/// FHIR R4 name-use: the official name first, names of the past last.
fn rank(name: &HumanName) -> u8 {
    match name.name_use.as_deref() {
        Some("official") => 0,
        Some("usual") => 1,
        None => 2,
        Some("old" | "maiden") => 4,
        Some(_) => 3,
    }
}

fn written(name: &HumanName) -> String {
    if let Some(text) = name.text.as_deref().filter(|text| !text.trim().is_empty()) {
        return text.to_owned();
    }
    let given = name.prefix.iter().chain(&name.given);
    let parts = given.chain(&name.family).chain(&name.suffix);
    parts.map(AsRef::as_ref).collect::<Vec<&str>>().join(" ")
}

/// Whether a name is written in the script of a language.
fn is_in_script(text: &str, language: Language) -> bool {
    let is_arabic = |letter: char| matches!(letter, '\u{600}'..='\u{6ff}' | '\u{750}'..='\u{77f}' | '\u{8a0}'..='\u{8ff}' | '\u{fb50}'..='\u{fdff}' | '\u{fe70}'..='\u{feff}');
    text.chars().any(is_arabic) == language.is_arabic_script()
}

#[cfg(test)]
#[path = "me_tests.rs"]
mod tests;
