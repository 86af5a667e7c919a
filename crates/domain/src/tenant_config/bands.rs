//! Age bands from a document.

use serde_json::Value;

use crate::age_bands::{AgeBand, AgeBands, ParentAccess};
use crate::document::{DocumentFault, Items, Members};
use crate::proxy_delegation::{DelegationRight, RightSet};

/// Nobody is a minor beyond this age.
const MAX_AGE: u64 = 30;

/// Reads `[{fromAge, toAge, parentAccess, limitedScope?, hideSensitive?, minorMayHoldAccount?,
/// assentRequired?}]`.
pub(super) fn read(
    value: &Value,
    pointer: &str,
    faults: &mut Vec<DocumentFault>,
) -> Option<AgeBands> {
    let before = faults.len();
    let mut bands = Vec::new();
    for (item, place) in Items::of(value, pointer, faults).all() {
        bands.extend(band(item, &place, faults));
    }
    if faults.len() > before {
        return None;
    }
    AgeBands::new(bands)
        .map_err(|invalid| {
            let place = format!("{pointer}/{}", invalid.index);
            let message = "expected bands from 0 on, each from where the one before ends (toAge is \
                           the first age behind a band)";
            faults.push(DocumentFault::at(place, message));
        })
        .ok()
}

fn band(value: &Value, pointer: &str, faults: &mut Vec<DocumentFault>) -> Option<AgeBand> {
    let mut members = Members::of(value, pointer, faults);
    let from_age = members.required("fromAge", "expected completed years, 0 to 30", age);
    let to_age = members.required("toAge", "expected completed years, 0 to 30", age);
    let access = members.text("parentAccess", "expected full, limited or none", |text| {
        ["full", "limited", "none"]
            .iter()
            .find(|word| **word == text)
            .copied()
    });
    let scope = members.texts(
        "limitedScope",
        "expected a delegation's scope word",
        DelegationRight::parse,
    );
    let hides = members.optional("hideSensitive", "expected true or false", Value::as_bool);
    let account = members.optional(
        "minorMayHoldAccount",
        "expected true or false",
        Value::as_bool,
    );
    let assent = members.optional("assentRequired", "expected true or false", Value::as_bool);
    let scope = scope.map(RightSet::of);
    let parent_access = match (access, scope) {
        (Some("limited"), Some(scope)) => Some(ParentAccess::Limited(scope)),
        (Some(_), Some(scope)) if !scope.is_empty() => {
            members.fault("limitedScope", "stands beside limited access only");
            None
        }
        (Some("full"), Some(_)) => Some(ParentAccess::Full),
        (Some("none"), Some(_)) => Some(ParentAccess::Nothing),
        _ => None,
    };
    members.finish();
    let parent_access = parent_access?;
    Some(AgeBand {
        from_age: from_age?,
        to_age: to_age?,
        parent_access,
        hides_sensitive: hides.unwrap_or(parent_access != ParentAccess::Full),
        minor_may_hold_account: account.unwrap_or_default(),
        assent_required: assent.unwrap_or_default(),
    })
}

fn age(value: &Value) -> Option<u8> {
    let years = value.as_u64().filter(|years| *years <= MAX_AGE)?;
    u8::try_from(years).ok()
}
