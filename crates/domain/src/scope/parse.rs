//! The grammar of one scope (SMART 1 and 2.2).

use portal_fhir::ResourceType;

use super::constraint::Constraint;
use super::letters::Letters;

/// What one readable scope asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ParsedScope {
    /// `openid`
    OpenId,
    /// `profile`
    Profile,
    /// Well formed, but opens no record: `launch/patient`, `offline_access`, `user/…`, `system/…`.
    Other,
    /// `patient/Type.…`
    PatientType(ResourceType, Letters),
    /// `patient/Type.…?…`
    PatientGranular(ResourceType, Letters, Constraint),
    /// `patient/*.…`
    PatientAny(Letters),
}

/// Why a scope gives nothing. Carries no text of the token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RejectedScope {
    /// `patient`, `user` or `system` in another case.
    #[error("unknown level")]
    UnknownLevel,
    /// The type is none that this service serves, or is written in another case.
    #[error("unknown type")]
    UnknownType,
    /// Neither a v1 word nor v2 letters in order, each once.
    #[error("malformed permissions")]
    MalformedPermissions,
    /// A v1 word with the parameters of v2.
    #[error("permissions of v1 with parameters of v2")]
    MixedVersions,
    /// A parameter that is not understood (another name, a modifier, a chain), one that the type
    /// is not searched by, or any at all for every type.
    #[error("unsupported parameters")]
    UnsupportedParameters,
    /// A parameter without a value, or with one that is no token, or not a plain one.
    #[error("malformed parameters")]
    MalformedParameters,
    /// More values than one scope may have.
    #[error("too many values")]
    TooManyValues,
    /// The claim has as many granular scopes of the type as may be before this one.
    #[error("too many scopes")]
    TooManyScopes,
    /// Looks like a resource scope, but has no permissions.
    #[error("malformed scope")]
    Malformed,
}

const LEVELS: [&str; 3] = ["patient", "user", "system"];

/// Reads one scope. Nothing outside the grammar gives anything.
pub(super) fn parse_scope(text: &str) -> Result<ParsedScope, RejectedScope> {
    match text {
        "openid" => return Ok(ParsedScope::OpenId),
        "profile" => return Ok(ParsedScope::Profile),
        _ => {}
    }
    match text.split_once('/') {
        Some((level, rest)) if LEVELS.contains(&level) => parse_resource_scope(level, rest),
        Some((level, _)) if LEVELS.iter().any(|it| it.eq_ignore_ascii_case(level)) => {
            Err(RejectedScope::UnknownLevel)
        }
        _ => Ok(ParsedScope::Other),
    }
}

fn parse_resource_scope(level: &str, rest: &str) -> Result<ParsedScope, RejectedScope> {
    let (head, parameters) = match rest.split_once('?') {
        Some((head, parameters)) => (head, Some(parameters)),
        None => (rest, None),
    };
    let (resource, permissions) = head.split_once('.').ok_or(RejectedScope::Malformed)?;
    let letters = parse_permissions(permissions, parameters.is_some())?;
    let constraint = parameters.map(Constraint::parse).transpose()?;
    match (level, resource) {
        ("patient", "*") if constraint.is_some() => Err(RejectedScope::UnsupportedParameters),
        ("patient", "*") => Ok(ParsedScope::PatientAny(letters)),
        ("patient", _) => of_one_type(resource, letters, constraint),
        _ => Ok(ParsedScope::Other),
    }
}

fn parse_permissions(text: &str, has_parameters: bool) -> Result<Letters, RejectedScope> {
    let of_v1 = match text {
        "read" => Letters::READ,
        "write" => Letters::WRITE,
        "*" => Letters::ALL,
        _ => return Letters::parse(text).ok_or(RejectedScope::MalformedPermissions),
    };
    if has_parameters {
        return Err(RejectedScope::MixedVersions);
    }
    Ok(of_v1)
}

fn of_one_type(
    resource: &str,
    letters: Letters,
    constraint: Option<Constraint>,
) -> Result<ParsedScope, RejectedScope> {
    let resource_type = ResourceType::parse(resource).ok_or(RejectedScope::UnknownType)?;
    match constraint {
        None => Ok(ParsedScope::PatientType(resource_type, letters)),
        Some(constraint) if constraint.is_known_to(resource_type) => Ok(
            ParsedScope::PatientGranular(resource_type, letters, constraint),
        ),
        Some(_) => Err(RejectedScope::UnsupportedParameters),
    }
}

#[cfg(test)]
#[path = "parse_tests.rs"]
mod tests;
