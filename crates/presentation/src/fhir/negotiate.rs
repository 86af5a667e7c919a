//! What a client accepts and prefers: JSON of FHIR R4, and how strictly parameters are taken.

use http::HeaderMap;
use http::header::{ACCEPT, HeaderName};
use portal_fhir::Handling;

use crate::code::Code;
use crate::fault::Fault;
use crate::preference::{Preference, preferences};

const PREFER: HeaderName = HeaderName::from_static("prefer");

/// Refuses clients that take no JSON of FHIR R4. `_format` overrides `Accept` (FHIR R4 3.1.0.1.11).
pub(super) fn json_is_wanted(
    headers: &HeaderMap,
    parameters: &[(String, String)],
) -> Result<(), Fault> {
    let mut formats = parameters
        .iter()
        .filter(|(name, _)| name == "_format")
        .peekable();
    let wanted = if formats.peek().is_some() {
        formats.all(|(_, format)| is_json_format(format))
    } else {
        accepts_json(headers)
    };
    if wanted {
        Ok(())
    } else {
        Err(Code::NotAcceptable.into())
    }
}

fn is_json_format(format: &str) -> bool {
    // An unescaped `+` of a query arrives as a blank.
    let essence = format.split(';').next().unwrap_or_default().trim();
    matches!(
        essence.to_ascii_lowercase().as_str(),
        "json"
            | "application/json"
            | "application/fhir+json"
            | "application/fhir json"
            | "text/json"
    )
}

fn accepts_json(headers: &HeaderMap) -> bool {
    if !headers.contains_key(ACCEPT) {
        return true;
    }
    preferences(headers, ACCEPT)
        .iter()
        .any(|preference| preference.weight > 0 && is_json(preference))
}

fn is_json(preference: &Preference<'_>) -> bool {
    let version = |(name, value): &(&str, &str)| {
        !name.eq_ignore_ascii_case("fhirVersion") || value.starts_with("4.0")
    };
    matches!(
        preference.name.to_ascii_lowercase().as_str(),
        "*/*" | "application/*" | "application/json" | "application/fhir+json" | "text/json"
    ) && preference.parameters.iter().all(version)
}

/// `Prefer: handling=strict` (RFC 7240 section 4.4); lenient unless said.
pub(super) fn handling(headers: &HeaderMap) -> Handling {
    let mut wishes = headers
        .get_all(PREFER)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split([',', ';']))
        .filter_map(|wish| wish.split_once('='))
        .filter(|(name, _)| name.trim().eq_ignore_ascii_case("handling"));
    let first = wishes
        .next()
        .map(|(_, value)| value.trim().trim_matches('"'));
    match first {
        Some(value) if value.eq_ignore_ascii_case("strict") => Handling::Strict,
        Some(_) | None => Handling::Lenient,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: HeaderName, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(name, value.parse().unwrap())])
    }

    fn wanted(accept: Option<&str>, format: Option<&str>) -> bool {
        let headers = accept.map_or_else(HeaderMap::new, |value| headers(ACCEPT, value));
        let format = format.map(|value| ("_format".to_owned(), value.to_owned()));
        json_is_wanted(&headers, &Vec::from_iter(format)).is_ok()
    }

    #[test]
    fn xml_alone_is_not_acceptable() {
        for accept in [
            None,
            Some("*/*"),
            Some("application/fhir+json; fhirVersion=4.0"),
            Some("application/fhir+xml, application/json;q=0.1"),
            Some("text/html, application/xhtml+xml, */*;q=0.8"),
        ] {
            assert!(wanted(accept, None), "{accept:?}");
        }
        for accept in [
            "application/fhir+xml",
            "application/fhir+json;q=0",
            "application/fhir+json; fhirVersion=3.0",
            "text/turtle",
            "",
        ] {
            assert!(!wanted(Some(accept), None), "{accept}");
        }
    }

    #[test]
    fn format_overrides_accept() {
        assert!(wanted(Some("application/fhir+xml"), Some("json")));
        assert!(wanted(None, Some("application/fhir json")));
        assert!(!wanted(Some("*/*"), Some("xml")));
    }

    #[test]
    fn strict_is_said_among_other_wishes() {
        let of = |value: &str| handling(&headers(PREFER, value));
        assert_eq!(of("return=minimal, Handling=\"strict\""), Handling::Strict);
        assert_eq!(of("respond-async; handling=strict"), Handling::Strict);
        assert_eq!(of("handling=lenient"), Handling::Lenient);
        assert_eq!(handling(&HeaderMap::new()), Handling::Lenient);
    }
}
