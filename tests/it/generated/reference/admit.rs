//! Who may ask for what at all: the order of checks of the contract (02).

use std::cell::OnceCell;
use std::rc::Rc;

use jiff::Timestamp;
use jiff::civil::Date;

use super::super::scopes::TYPES;
use super::super::world::{Caller, Claim, Delegation, Tenant, World};
use super::proxy::{Proxy, open, opens_type};
use super::verdicts::Judged;

/// A right that a route asks of a proxy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Right {
    /// Any delegation will do.
    Any,
    /// This one.
    Named(&'static str),
    /// One that opens something of the route's type.
    OfType,
    /// None will do.
    Never,
}

/// What a route needs.
#[derive(Debug, Clone, Copy)]
pub(in super::super) struct Need {
    /// Whether it is on `/fhir/R4`.
    pub(in super::super) fhir: bool,
    /// Whether the account must be active.
    pub(in super::super) active: bool,
    /// The type that the scope must cover; [`ANY_RECORD`], [`CONTENT`].
    pub(in super::super) resource_type: &'static str,
    /// `r` or `s`.
    pub(in super::super) letter: char,
    /// What a proxy needs.
    pub(in super::super) right: Right,
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
    /// What was judged already.
    pub(super) judged: Judged<'w>,
}

/// A route for which the scope of any type will do.
pub(in super::super) const ANY_RECORD: &str = "*";
/// A route for which the scope of what names a content will do.
pub(in super::super) const CONTENT: &str = "Binary";

/// Types of which the tenant has not licensed the source.
pub(super) fn unlicensed(tenant: &Tenant) -> Vec<&'static str> {
    let features: [(&str, &[&str]); 2] = [
        ("ehr.claims", &["Coverage", "ExplanationOfBenefit"]),
        ("communication", &["Communication"]),
    ];
    let missing = features
        .iter()
        .filter(|(feature, _)| !tenant.features.contains(feature));
    missing.flat_map(|(_, types)| *types).copied().collect()
}

pub(super) const INVALID: &str = "403 PROXY_DELEGATION_INVALID";
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
    let tenant = world.tenant(&caller.person.tenant);
    if unlicensed(tenant).contains(&need.resource_type) {
        return Err("403 FEATURE_NOT_ENABLED");
    }
    let account = world
        .account(&caller.person)
        .ok_or("403 ACCOUNT_NOT_LINKED")?;
    let acts = caller.acting_for.is_some() && !need.fhir;
    if (need.active || acts) && account.status != "active" {
        return Err("403 ACCOUNT_NOT_ACTIVE");
    }
    let own = caller.person.patient.as_str();
    match (&caller.claim, need.fhir) {
        (Claim::None, true) => return Err("403 PATIENT_CLAIM_REQUIRED"),
        (Claim::Of(claim), false) if claim != own => return Err("403 ACCOUNT_NOT_LINKED"),
        (_, false) if !acts && need.active && own.is_empty() => {
            return Err("403 ACCOUNT_NOT_LINKED");
        }
        _ => {}
    }
    let delegation = select(world, caller, need, today(now))?;
    let proxy = delegation
        .map(|it| open(world, tenant, it, today(now)))
        .transpose()?;
    if let Some(proxy) = &proxy {
        check_proxy(proxy, caller, need)?;
    }
    if !is_in_scope(caller, need) {
        return Err("403 INSUFFICIENT_SCOPE");
    }
    let patient = delegation.map_or(own, |delegation| &delegation.grantor);
    Ok(View {
        world,
        caller,
        tenant,
        patient,
        proxy,
        letter: need.letter,
        now,
        judged: Rc::new(std::array::from_fn(|_| OnceCell::new())),
    })
}

fn is_in_scope(caller: &Caller, need: &Need) -> bool {
    let allow = |name: &str| caller.scopes.allow(name, need.letter);
    match need.resource_type {
        ANY_RECORD => TYPES.into_iter().any(allow),
        CONTENT => ["DocumentReference", "DiagnosticReport"]
            .into_iter()
            .any(allow),
        name => allow(name),
    }
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
        if need.right == Right::Never {
            return Err(DENIED);
        }
        let found = to_caller
            .find(|delegation| delegation.id == *id)
            .ok_or(INVALID)?;
        return if in_force(found) {
            Ok(Some(found))
        } else {
            Err(INVALID)
        };
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
        && delegation
            .valid_to
            .as_ref()
            .is_none_or(|last| *last >= today)
        && grantor.is_none_or(|account| !["suspended", "closed"].contains(&account.status))
}

fn check_proxy(proxy: &Proxy<'_>, caller: &Caller, need: &Need) -> Result<(), &'static str> {
    if !caller.first_party && !proxy.rights.contains("apps") {
        return Err(DENIED);
    }
    let open = match need.right {
        Right::Any => true,
        Right::Named(right) => proxy.rights.contains(right),
        Right::Never => false,
        Right::OfType => opens_type(proxy, need.resource_type),
    };
    if open { Ok(()) } else { Err(DENIED) }
}
