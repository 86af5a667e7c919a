//! What a rule of a release policy is about.

use serde_json::Value;

use super::json::{codings, each, is_garbled, labels, lacks_a_code, text};
use super::release::Who;

/// Whether a rule is for somebody.
pub(super) fn is_for(rule: &Value, who: Who) -> bool {
    match rule["audience"].as_str() {
        None | Some("all") => true,
        Some("proxies") => who != Who::Patient,
        _ => who == Who::Parent,
    }
}

/// Whether one resource fits the lists of a rule's match: for a release certainly, for a
/// restriction possibly.
pub(super) fn fits(rule: &Value, resource: &Value, restricts: bool) -> bool {
    let listed = |name: &str, word: &str| {
        each(&rule[name]).is_empty() || each(&rule[name]).iter().any(|one| *one == word)
    };
    let parts = each(&resource["component"]);
    let elements = ["code", "vaccineCode", "medicationCodeableConcept"];
    let mut own: Vec<_> = elements
        .iter()
        .flat_map(|name| codings(&resource[*name]))
        .collect();
    own.extend(parts.iter().flat_map(|part| codings(&part["code"])));
    let garbled_code = elements.iter().any(|name| is_garbled(&resource[*name]))
        || parts.iter().any(|part| is_garbled(&part["code"]));
    let meta = &resource["meta"];
    let unlabelled = lacks_a_code(&meta["security"])
        || lacks_a_code(&meta["tag"])
        || is_garbled(&resource["interpretation"]);
    let pattern = |name: &str, found: &[(Option<&str>, Option<&str>)], unreadable: bool| {
        let patterns = each(&rule[name]);
        patterns.is_empty()
            || (restricts && unreadable)
            || patterns
                .into_iter()
                .any(|wanted| names(wanted, found, restricts))
    };
    listed("types", text(resource, "resourceType"))
        && listed("statuses", text(resource, "status"))
        && pattern(
            "categories",
            &codings(&resource["category"]),
            is_garbled(&resource["category"]),
        )
        && pattern("codes", &own, garbled_code)
        && pattern("securityLabels", &labels(&meta["security"]), unlabelled)
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
