//! The scopes of one token as a set that answers one question: may this interaction happen.

use std::array;
use std::fmt;

use portal_fhir::{Header, ResourceType};

use super::letters::Interaction;
use super::parse::{ParsedScope, RejectedScope, parse_scope};
use super::type_scopes::TypeScopes;

/// What the `scope` claim of one token gives (SMART App Launch 2.2, "Scopes for requesting FHIR
/// resources"). Only `patient/` scopes give access to records here.
///
/// Sets are equal if they give the same by the same scopes; why others gave nothing is no part of
/// that. A set prints as SMART 2.2 text that reads back as an equal one. Only what
/// [`ScopeSet::union`] and [`ScopeSet::intersection`] make of many granular scopes may be more
/// than a claim can say: the rest then gives nothing when it is read back.
#[derive(Debug, Clone)]
pub struct ScopeSet {
    by_type: [TypeScopes; ResourceType::ALL.len()],
    openid: bool,
    profile: bool,
    rejected: Vec<RejectedScope>,
}

impl ScopeSet {
    /// Reads a space-separated `scope` claim (RFC 6749 section 3.3). A scope that cannot be read
    /// gives nothing and is kept as a reason; it never widens another.
    pub fn parse(claim: &str) -> Self {
        Self::read(claim, |_| true)
    }

    /// Reads the claim of a third party's app: `patient/*` gives it neither who looked at a record nor
    /// what else was granted, for which it has to ask by name.
    pub fn parse_of_third_party(claim: &str) -> Self {
        Self::read(claim, |resource_type| {
            !matches!(
                resource_type,
                ResourceType::AuditEvent | ResourceType::Consent
            )
        })
    }

    /// `patient/*` gives the types that `any` holds of.
    fn read(claim: &str, any: fn(ResourceType) -> bool) -> Self {
        let mut set = Self::default();
        for text in claim.split(' ').filter(|text| !text.is_empty()) {
            if let Err(reason) = parse_scope(text).and_then(|scope| set.add(scope, any)) {
                set.rejected.push(reason);
            }
        }
        set
    }

    fn add(
        &mut self,
        scope: ParsedScope,
        any: fn(ResourceType) -> bool,
    ) -> Result<(), RejectedScope> {
        match scope {
            ParsedScope::OpenId => self.openid = true,
            ParsedScope::Profile => self.profile = true,
            ParsedScope::Other => {}
            ParsedScope::PatientType(resource_type, letters) => {
                self.by_type[resource_type as usize].add_whole(letters);
            }
            ParsedScope::PatientGranular(resource_type, letters, constraint) => {
                let scopes = &mut self.by_type[resource_type as usize];
                if !scopes.has_room_for(&constraint) {
                    return Err(RejectedScope::TooManyScopes);
                }
                scopes.add_granular(constraint, letters);
            }
            ParsedScope::PatientAny(letters) => {
                let types = ResourceType::ALL.iter().copied();
                for resource_type in types.filter(|resource_type| any(*resource_type)) {
                    self.by_type[resource_type as usize].add_whole(letters);
                }
            }
        }
        Ok(())
    }

    /// Whether an interaction with a type is allowed, be it only with some of its records: which
    /// ones, [`ScopeSet::covers`] has to be asked.
    pub fn allows(&self, resource_type: ResourceType, interaction: Interaction) -> bool {
        self.of(resource_type).allows(interaction)
    }

    /// Whether an interaction with this record is allowed. A record of another type is not.
    pub fn covers(
        &self,
        resource_type: ResourceType,
        interaction: Interaction,
        header: &Header,
    ) -> bool {
        header.resource_type == resource_type && self.of(resource_type).covers(interaction, header)
    }

    /// Whether an interaction with every record of a type is allowed.
    pub fn allows_whole(&self, resource_type: ResourceType, interaction: Interaction) -> bool {
        self.of(resource_type).allows_whole(interaction)
    }

    /// Whether an interaction with a type is allowed, but not with every record of it.
    pub fn is_granular(&self, resource_type: ResourceType, interaction: Interaction) -> bool {
        let scopes = self.of(resource_type);
        !scopes.allows_whole(interaction) && scopes.allows(interaction)
    }

    fn of(&self, resource_type: ResourceType) -> &TypeScopes {
        &self.by_type[resource_type as usize]
    }

    /// What either set gives, without the reasons of either.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        Self {
            by_type: array::from_fn(|at| self.by_type[at].union(&other.by_type[at])),
            openid: self.openid || other.openid,
            profile: self.profile || other.profile,
            rejected: Vec::new(),
        }
    }

    /// What both sets give, without the reasons of either.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        Self {
            by_type: array::from_fn(|at| self.by_type[at].intersection(&other.by_type[at])),
            openid: self.openid && other.openid,
            profile: self.profile && other.profile,
            rejected: Vec::new(),
        }
    }

    /// Whether `openid profile` were both granted.
    pub fn has_identity(&self) -> bool {
        self.openid && self.profile
    }

    /// Why some scopes of the claim gave nothing.
    pub fn rejected(&self) -> &[RejectedScope] {
        &self.rejected
    }
}

impl Default for ScopeSet {
    // Not derived: the library's arrays have a default up to 32 items, and FHIR has more types.
    fn default() -> Self {
        Self {
            by_type: array::from_fn(|_| TypeScopes::default()),
            openid: false,
            profile: false,
            rejected: Vec::new(),
        }
    }
}

impl PartialEq for ScopeSet {
    fn eq(&self, other: &Self) -> bool {
        (self.openid, self.profile) == (other.openid, other.profile)
            && self.by_type == other.by_type
    }
}

impl Eq for ScopeSet {}

/// Every type by its name, never `*`: a text that was kept does not grow with the types served.
impl fmt::Display for ScopeSet {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let identity = [(self.openid, "openid"), (self.profile, "profile")];
        let identity = identity.into_iter().filter(|(granted, _)| *granted);
        let records = ResourceType::ALL
            .iter()
            .flat_map(|resource_type| self.of(*resource_type).texts(*resource_type));
        let texts: Vec<String> = identity
            .map(|(_, text)| text.to_owned())
            .chain(records)
            .collect();
        formatter.write_str(&texts.join(" "))
    }
}

#[cfg(test)]
#[path = "set_tests.rs"]
mod tests;
