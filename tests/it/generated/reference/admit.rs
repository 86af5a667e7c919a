//! Who may ask for what at all: the order of checks of the contract (02), and what a delegation
//! opens at a moment (05, "Proxy delegation", "Minors").

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::Value;

use super::super::world::{Caller, Claim, Delegation, Tenant, World};
use super::json::{each, text};
use super::release::Who;

/// A right that a route asks of a proxy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Right {
    /// Any delegation will do.
    Any,
    /// This one.
    Named(&'static str),
    /// One that opens something of the route's type.
    OfType,
}

/// What a route needs.
#[derive(Debug, Clone, Copy)]
pub(in super::super) struct Need {
    /// Whether it is on `/fhir/R4`.
    pub(in super::super) fhir: bool,
    /// Whether the account must be active.
    pub(in super::super) active: bool,
    /// The type that the scope must cover.
    pub(in super::super) resource_type: &'static str,
    /// `r` or `s`.
    pub(in super::super) letter: char,
    /// What a proxy needs.
    pub(in super::super) right: Right,
}

/// What a delegation opens now.
#[derive(Debug, Clone)]
pub(in super::super) struct Proxy<'w> {
    /// The rights that are left.
    pub(in super::super) rights: BTreeSet<&'static str>,
    /// Legal and not limited: sees the whole Patient, and what no right names.
    pub(in super::super) full: bool,
    /// In whose words rules speak of the proxy.
    pub(in super::super) who: Who,
    /// The sensitive categories that are visible; none: all.
    pub(in super::super) visible: Option<BTreeSet<&'w str>>,
}

/// An admitted request.
#[derive(Debug, Clone)]
pub(in super::super) struct View<'w> {
    /// The world.
    pub(in super::super) world: &'w World,
    /// Who asks.
    pub(in super::super) caller: &'w Caller,
    /// The tenant.
    pub(in super::super) tenant: &'w Tenant,
    /// Whose record.
    pub(in super::super) patient: &'w str,
    /// By which delegation; none for one's own record.
    pub(in super::super) proxy: Option<Proxy<'w>>,
    /// `r` or `s`.
    pub(in super::super) letter: char,
    /// When.
    pub(in super::super) now: Timestamp,
}

const INVALID: &str = "403 PROXY_DELEGATION_INVALID";
const DENIED: &str = "403 PROXY_SCOPE_DENIED";

/// Admits a request, or says how it is refused.
pub(in super::super) fn admit<'w>(
    world: &'w World,
    caller: &'w Caller,
    need: &Need,
    now: Timestamp,
) -> Result<View<'w>, &'static str> {
    if !need.fhir && !caller.first_party {
        return Err("403 CLIENT_NOT_ALLOWED");
    }
    let account = world.account(&caller.person).ok_or("403 ACCOUNT_NOT_LINKED")?;
    let acts = caller.acting_for.is_some() && !need.fhir;
    if (need.active || acts) && account.status != "active" {
        return Err("403 ACCOUNT_NOT_ACTIVE");
    }
    let own = caller.person.patient.as_str();
    match (&caller.claim, need.fhir) {
        (Claim::None, true) => return Err("403 PATIENT_CLAIM_REQUIRED"),
        (Claim::Of(claim), false) if claim != own => return Err("403 ACCOUNT_NOT_LINKED"),
        (_, false) if !acts && need.active && own.is_empty() => return Err("403 ACCOUNT_NOT_LINKED"),
        _ => {}
    }
    let tenant = world.tenant(&caller.person.tenant);
    let delegation = select(world, caller, need, today(now))?;
    let proxy = delegation.map(|it| open(world, tenant, it, today(now))).transpose()?;
    if let Some(proxy) = &proxy {
        check_proxy(proxy, caller, need)?;
    }
    if !caller.scopes.allow(need.resource_type, need.letter) {
        return Err("403 INSUFFICIENT_SCOPE");
    }
    let patient = delegation.map_or(own, |delegation| &delegation.grantor);
    Ok(View { world, caller, tenant, patient, proxy, letter: need.letter, now })
}

/// The day in the tenants' zone, which is Kabul's.
pub(in super::super) fn today(now: Timestamp) -> Date {
    now.in_tz("Asia/Kabul").expect("a zone").date()
}

/// The one delegation that is meant; `None` for one's own record.
fn select<'w>(
    world: &'w World,
    caller: &Caller,
    need: &Need,
    today: Date,
) -> Result<Option<&'w Delegation>, &'static str> {
    let mut to_caller = world.delegations.iter().filter(|delegation| {
        delegation.proxy == caller.person.subject && delegation.tenant == caller.person.tenant
    });
    let in_force = |delegation: &Delegation| is_in_force(world, delegation, today);
    if !need.fhir {
        let Some(id) = &caller.acting_for else {
            return Ok(None);
        };
        let found = to_caller.find(|delegation| delegation.id == *id).ok_or(INVALID)?;
        return if in_force(found) { Ok(Some(found)) } else { Err(INVALID) };
    }
    let Claim::Of(patient) = &caller.claim else {
        return Ok(None);
    };
    if *patient == caller.person.patient {
        return Ok(None);
    }
    let fitting: Vec<_> = to_caller
        .filter(|delegation| delegation.grantor == *patient && in_force(delegation))
        .collect();
    match fitting.as_slice() {
        [one] => Ok(Some(one)),
        _ => Err(INVALID),
    }
}

fn is_in_force(world: &World, delegation: &Delegation, today: Date) -> bool {
    let today = today.to_string();
    let grantor = world.account_of_patient(&delegation.tenant, &delegation.grantor);
    delegation.status == "active"
        && delegation.valid_from <= today
        && delegation.valid_to.as_ref().is_none_or(|last| *last >= today)
        && grantor.is_none_or(|account| !["suspended", "closed"].contains(&account.status))
}

/// What a delegation opens today.
fn open<'w>(
    world: &'w World,
    tenant: &'w Tenant,
    delegation: &'w Delegation,
    today: Date,
) -> Result<Proxy<'w>, &'static str> {
    let scope = delegation.scope.clone();
    if !["parent", "guardian"].contains(&delegation.relationship) {
        let visible = delegation.sensitive.iter().copied().collect();
        return Ok(Proxy {
            rights: scope,
            full: false,
            who: Who::Proxy,
            visible: Some(visible),
        });
    }
    // A date that is still to come tells no age.
    let born = born(world, delegation).filter(|born| *born <= today).ok_or(INVALID)?;
    let parent = |rights, full, hides: bool| Proxy {
        rights,
        full,
        who: Who::Parent,
        visible: hides.then(BTreeSet::new),
    };
    let mut hides = false;
    for band in each(&tenant.settings["ageBands"]) {
        let access = text(band, "parentAccess");
        hides |= band["hideSensitive"].as_bool().unwrap_or(access != "full");
        if age(born, today) >= band["toAge"].as_i64().expect("an age") {
            continue;
        }
        let limits = each(&band["limitedScope"]);
        return match access {
            "full" => Ok(parent(scope, true, hides)),
            "limited" => {
                let left = scope.into_iter().filter(|right| limits.iter().any(|it| it == right));
                Ok(parent(left.collect(), false, hides))
            }
            _ => Err(INVALID),
        };
    }
    if delegation.relationship == "guardian" && delegation.court_order {
        return Ok(parent(scope, true, false));
    }
    Err(INVALID)
}

/// The earliest day that the record's birth date can mean.
fn born(world: &World, delegation: &Delegation) -> Option<Date> {
    let patient = world.planted.iter().find(|planted| {
        planted.tenant == delegation.tenant
            && planted.source == "registration"
            && planted.value["id"] == *delegation.grantor
    })?;
    let date = patient.value["birthDate"].as_str()?;
    let whole = match date.len() {
        4 => format!("{date}-01-01"),
        7 => format!("{date}-01"),
        _ => date.to_owned(),
    };
    whole.parse().ok()
}

/// Completed years; 29 February has its birthday on 1 March of common years.
fn age(born: Date, today: Date) -> i64 {
    let before = (today.month(), today.day()) < (born.month(), born.day());
    i64::from(today.year()) - i64::from(born.year()) - i64::from(before)
}

fn check_proxy(proxy: &Proxy<'_>, caller: &Caller, need: &Need) -> Result<(), &'static str> {
    if !caller.first_party && !proxy.rights.contains("apps") {
        return Err(DENIED);
    }
    let open = match need.right {
        Right::Any => true,
        Right::Named(right) => proxy.rights.contains(right),
        Right::OfType => opens_type(proxy, need.resource_type),
    };
    if open { Ok(()) } else { Err(DENIED) }
}

/// Whether something of a type is open to a proxy.
pub(in super::super) fn opens_type(proxy: &Proxy<'_>, resource_type: &str) -> bool {
    let has = |right| proxy.rights.contains(right);
    match resource_type {
        "Patient" => true,
        "AllergyIntolerance" => has("allergies"),
        "Condition" => has("problems"),
        "MedicationRequest" => has("medications"),
        "Immunization" => has("immunizations"),
        "DiagnosticReport" => has("labs"),
        _ => proxy.full || has("vitals") || has("labs"),
    }
}

/// Whether this record is: of an Observation every one of its categories.
pub(super) fn opens(proxy: &Proxy<'_>, resource: &Value) -> bool {
    if text(resource, "resourceType") != "Observation" {
        return opens_type(proxy, text(resource, "resourceType"));
    }
    let own_system = "http://terminology.hl7.org/CodeSystem/observation-category";
    let categories: Vec<_> = super::json::codings(&resource["category"])
        .into_iter()
        .filter(|(system, code)| {
            let known = ["vital-signs", "laboratory"].contains(&code.unwrap_or_default());
            known || system.is_none_or(|system| system == own_system)
        })
        .collect();
    let has = |right| proxy.rights.contains(right);
    let mut opened = categories.iter().map(|(_, code)| match *code {
        Some("vital-signs") => has("vitals"),
        Some("laboratory") => has("labs"),
        _ => proxy.full,
    });
    if categories.is_empty() { proxy.full } else { opened.all(|open| open) }
}
