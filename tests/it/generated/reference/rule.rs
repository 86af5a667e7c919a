//! What a rule of a release policy is about.

use serde_json::Value;

use super::json::{codings, each, is_garbled, labels, lacks_a_code, text};
use super::release::Who;

const CODED: [&str; 3] = ["code", "vaccineCode", "medicationCodeableConcept"];

/// Whether a rule is for somebody.
pub(super) fn is_for(rule: &Value, who: Who) -> bool {
    match rule["audience"].as_str() {
        None | Some("all") => true,
        Some("proxies") => who != Who::Patient,
        _ => who == Who::Parent,
    }
}

/// Whether one resource fits the lists of a rule's match: for a release certainly, for a
/// restriction possibly. What is contained is readable as a whole or not at all.
pub(super) fn fits(rule: &Value, resource: &Value, restricts: bool, contained: bool) -> bool {
    let listed = |name: &str, word: &str| {
        each(&rule[name]).is_empty() || each(&rule[name]).iter().any(|one| *one == word)
    };
    let parts = each(&resource["component"]);
    let mut own: Vec<_> = CODED
        .iter()
        .flat_map(|name| codings(&resource[*name]))
        .collect();
    own.extend(parts.iter().flat_map(|part| codings(&part["code"])));
    let unread = unread(resource, contained);
    let pattern = |at: usize, name: &str, found: &[(Option<&str>, Option<&str>)]| {
        let patterns = each(&rule[name]);
        patterns.is_empty()
            || (restricts && unread[at])
            || patterns
                .into_iter()
                .any(|wanted| names(wanted, found, restricts))
    };
    listed("types", text(resource, "resourceType"))
        && listed("statuses", status(resource))
        && pattern(0, "categories", &codings(&resource["category"]))
        && pattern(1, "codes", &own)
        && pattern(2, "securityLabels", &labels(&resource["meta"]["security"]))
}

fn status(resource: &Value) -> &str {
    match text(resource, "resourceType") {
        "Goal" => text(resource, "lifecycleStatus"),
        _ => text(resource, "status"),
    }
}

/// Whether category, code and labels cannot be read.
fn unread(resource: &Value, contained: bool) -> [bool; 3] {
    let parts = each(&resource["component"]);
    let mut codes = CODED
        .iter()
        .map(|name| &resource[*name])
        .chain(parts.iter().map(|it| &it["code"]));
    let meta = &resource["meta"];
    let unread = [
        is_garbled(&resource["category"]),
        codes.any(is_garbled),
        lacks_a_code(&meta["security"])
            || lacks_a_code(&meta["tag"])
            || is_garbled(&resource["interpretation"]),
    ];
    if contained {
        [unread.contains(&true); 3]
    } else {
        unread
    }
}

/// Whether a pattern names one of some codings; of one without a system it may be.
fn names(wanted: &Value, found: &[(Option<&str>, Option<&str>)], possibly: bool) -> bool {
    let wanted = wanted.as_str().unwrap_or_default();
    let (system, code) = match wanted.rsplit_once('|') {
        Some((system, code)) => (Some(system), code),
        None => (None, wanted),
    };
    let of = |of: Option<&str>| system.is_none() || of == system || (possibly && of.is_none());
    found
        .iter()
        .any(|(system, is)| *is == Some(code) && of(*system))
}
