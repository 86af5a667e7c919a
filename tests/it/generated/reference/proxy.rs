//! What a delegation opens at a moment (05, "Proxy delegation", "Minors").

use std::collections::BTreeSet;

use jiff::civil::Date;
use serde_json::Value;

use super::super::world::{Delegation, Tenant, World};
use super::admit::INVALID;
use super::json::{codings, each, text};
use super::release::Who;
use super::sets::{OpenedBy, SETS, Set};

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

/// What a delegation opens today.
pub(super) fn open<'w>(
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
    let born = born(world, delegation)
        .filter(|born| *born <= today)
        .ok_or(INVALID)?;
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
                let left = scope
                    .into_iter()
                    .filter(|right| limits.iter().any(|it| it == right));
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

/// Whether something of a type is open to a proxy.
pub(in super::super) fn opens_type(proxy: &Proxy<'_>, resource_type: &str) -> bool {
    let mut sets = SETS.iter();
    sets.any(|set| set.resource_type == resource_type && opens_set(proxy, *set))
}

/// Whether something of a set may be.
fn opens_set(proxy: &Proxy<'_>, set: Set) -> bool {
    let has = |right: &&str| proxy.rights.contains(right);
    match set.opened_by {
        OpenedBy::Anything => true,
        OpenedBy::Rights(rights) => rights.iter().any(has),
        OpenedBy::Categories => proxy.full || ["vitals", "labs"].iter().any(has),
        OpenedBy::Law => proxy.full,
        OpenedBy::Nothing => false,
    }
}

/// Whether this record is: of an Observation every one of its categories.
pub(super) fn opens(proxy: &Proxy<'_>, set: Set, resource: &Value) -> bool {
    if set.opened_by != OpenedBy::Categories {
        return opens_set(proxy, set);
    }
    let own_system = "http://terminology.hl7.org/CodeSystem/observation-category";
    let categories: Vec<_> = codings(&resource["category"])
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
    if categories.is_empty() {
        proxy.full
    } else {
        opened.all(|open| open)
    }
}
