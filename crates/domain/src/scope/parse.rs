//! The grammar of one scope (SMART 1 and 2.2).

use portal_fhir::ResourceType;

use super::set::{Interaction, Letters};

/// What one readable scope asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParsedScope {
    /// `openid`
    OpenId,
    /// `profile`
    Profile,
    /// Well formed, but opens no record: `launch/patient`, `offline_access`, `user/…`, `system/…`.
    Other,
    /// `patient/Type.…`
    PatientType(ResourceType, Letters),
    /// `patient/*.…`
    PatientAny(Letters),
}

/// Why a scope gives nothing. Carries no text of the token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RejectedScope {
    /// The type is none that this service serves, or is written in another case.
    #[error("unknown type")]
    UnknownType,
    /// Neither a v1 word nor v2 letters in order, each once.
    #[error("malformed permissions")]
    MalformedPermissions,
    /// Granular parameters are not understood, so the scope gives nothing rather than too much.
    #[error("unsupported parameters")]
    UnsupportedParameters,
    /// Looks like a resource scope, but has no permissions.
    #[error("malformed scope")]
    Malformed,
}

/// Reads one scope. Nothing outside the grammar gives anything.
pub fn parse_scope(text: &str) -> Result<ParsedScope, RejectedScope> {
    match text {
        "openid" => return Ok(ParsedScope::OpenId),
        "profile" => return Ok(ParsedScope::Profile),
        _ => {}
    }
    let Some((level, rest)) = text.split_once('/') else {
        return Ok(ParsedScope::Other);
    };
    if !matches!(level, "patient" | "user" | "system") {
        return Ok(ParsedScope::Other);
    }
    let (resource, permissions) = rest.split_once('.').ok_or(RejectedScope::Malformed)?;
    if permissions.contains('?') {
        return Err(RejectedScope::UnsupportedParameters);
    }
    let letters = parse_permissions(permissions)?;
    if level != "patient" {
        return Ok(ParsedScope::Other);
    }
    if resource == "*" {
        return Ok(ParsedScope::PatientAny(letters));
    }
    ResourceType::parse(resource)
        .map(|resource_type| ParsedScope::PatientType(resource_type, letters))
        .ok_or(RejectedScope::UnknownType)
}

fn parse_permissions(text: &str) -> Result<Letters, RejectedScope> {
    match text {
        "read" => Ok(Letters::READ),
        "write" => Ok(Letters::WRITE),
        "*" => Ok(Letters::ALL),
        _ => parse_letters(text),
    }
}

const IN_ORDER: [(char, Interaction); 5] = [
    ('c', Interaction::Create),
    ('r', Interaction::Read),
    ('u', Interaction::Update),
    ('d', Interaction::Delete),
    ('s', Interaction::Search),
];

fn parse_letters(text: &str) -> Result<Letters, RejectedScope> {
    let mut order = IN_ORDER.iter();
    let mut letters = Letters::NONE;
    for wanted in text.chars() {
        // The iterator only moves forward, so a repeated or misplaced letter is never found.
        let (_, interaction) = order
            .find(|(letter, _)| *letter == wanted)
            .ok_or(RejectedScope::MalformedPermissions)?;
        letters = letters.union(Letters::only(*interaction));
    }
    if letters == Letters::NONE {
        return Err(RejectedScope::MalformedPermissions);
    }
    Ok(letters)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_stand_in_order_and_once() {
        for text in ["sr", "rr", "rx", "", "R", "rs ", "read,write", "rs*"] {
            assert_eq!(
                parse_scope(&format!("patient/Observation.{text}")),
                Err(RejectedScope::MalformedPermissions),
                "{text}"
            );
        }
        assert_eq!(
            parse_scope("patient/Observation.rs"),
            Ok(ParsedScope::PatientType(
                ResourceType::Observation,
                Letters::READ
            ))
        );
        assert_eq!(
            parse_scope("patient/*.cruds"),
            Ok(ParsedScope::PatientAny(Letters::ALL))
        );
    }

    #[test]
    fn what_is_not_understood_gives_nothing() {
        for text in [
            "patient/observation.read",
            "patient/Observatio.read",
            "patient/Observation.rs?category=laboratory",
            "patient/Observation",
            "patient/.read",
        ] {
            assert!(parse_scope(text).is_err(), "{text}");
        }
        assert_eq!(
            parse_scope("Patient/Observation.read"),
            Ok(ParsedScope::Other)
        );
        assert_eq!(parse_scope("user/*.read"), Ok(ParsedScope::Other));
    }
}
