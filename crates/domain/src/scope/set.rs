//! The scopes of one token as a set that answers one question: may this interaction happen.

use portal_fhir::ResourceType;

use super::parse::{ParsedScope, RejectedScope, parse_scope};

/// A FHIR interaction by its SMART 2.2 letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Interaction {
    /// `c`
    Create,
    /// `r`: one resource by id.
    Read,
    /// `u`
    Update,
    /// `d`
    Delete,
    /// `s`: lists and searches.
    Search,
}

/// A set of interactions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct Letters(u8);

impl Letters {
    /// Nothing.
    pub const NONE: Self = Self(0);
    /// v1 `read`: `rs`.
    pub const READ: Self = Self(0b1_0010);
    /// v1 `write`: `cud`.
    pub const WRITE: Self = Self(0b0_1101);
    /// v1 `*`: `cruds`.
    pub const ALL: Self = Self(0b1_1111);

    /// The set of one interaction.
    pub const fn only(interaction: Interaction) -> Self {
        Self(1 << interaction as u8)
    }

    /// Both sets together.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// What is in both.
    #[must_use]
    pub const fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Whether the interaction is in the set.
    pub const fn contains(self, interaction: Interaction) -> bool {
        self.0 & (1 << interaction as u8) != 0
    }
}

/// What the `scope` claim of one token gives (SMART App Launch 2.2, "Scopes for requesting FHIR
/// resources"). Only `patient/` scopes give access to records here.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ScopeSet {
    by_type: [Letters; ResourceType::ALL.len()],
    openid: bool,
    profile: bool,
    rejected: Vec<RejectedScope>,
}

impl ScopeSet {
    /// Reads a space-separated `scope` claim (RFC 6749 section 3.3). A scope that cannot be read
    /// gives nothing and is kept as a reason; it never widens another.
    pub fn parse(claim: &str) -> Self {
        let mut set = Self::default();
        for text in claim.split(' ').filter(|text| !text.is_empty()) {
            match parse_scope(text) {
                Ok(scope) => set.add(scope),
                Err(reason) => set.rejected.push(reason),
            }
        }
        set
    }

    fn add(&mut self, scope: ParsedScope) {
        match scope {
            ParsedScope::OpenId => self.openid = true,
            ParsedScope::Profile => self.profile = true,
            ParsedScope::Other => {}
            ParsedScope::PatientType(resource_type, letters) => {
                let slot = &mut self.by_type[resource_type as usize];
                *slot = slot.union(letters);
            }
            ParsedScope::PatientAny(letters) => {
                for slot in &mut self.by_type {
                    *slot = slot.union(letters);
                }
            }
        }
    }

    /// Whether an interaction with a type is allowed.
    pub fn allows(&self, resource_type: ResourceType, interaction: Interaction) -> bool {
        self.by_type[resource_type as usize].contains(interaction)
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn any_scope() -> impl Strategy<Value = String> {
        prop_oneof![
            "(patient|user|system|Patient)/(\\*|Patient|Observation|Condition|Nothing)\\.(read|write|\\*|[cruds]{1,5}|rss)",
            "(openid|profile|launch/patient|offline_access)",
            "[!-~]{1,30}",
        ]
    }

    fn allowed(set: &ScopeSet) -> Vec<bool> {
        use Interaction as I;
        ResourceType::ALL
            .iter()
            .flat_map(|kind| {
                [I::Create, I::Read, I::Update, I::Delete, I::Search]
                    .map(|interaction| set.allows(*kind, interaction))
            })
            .collect()
    }

    proptest! {
        #[test]
        fn fewer_scopes_never_allow_more(scopes in prop::collection::vec(any_scope(), 1..6), drop in 0usize..6) {
            let all = ScopeSet::parse(&scopes.join(" "));
            let mut fewer = scopes.clone();
            fewer.remove(drop % scopes.len());
            let fewer = ScopeSet::parse(&fewer.join(" "));
            for (less, more) in allowed(&fewer).into_iter().zip(allowed(&all)) {
                prop_assert!(!less || more);
            }
        }

        #[test]
        fn only_patient_scopes_open_a_record(text in "(user|system)/(\\*|Patient|Observation)\\.(read|\\*|cruds)") {
            prop_assert!(allowed(&ScopeSet::parse(&text)).into_iter().all(|open| !open));
        }
    }

    #[test]
    fn read_is_read_and_search_of_that_type_only() {
        let set = ScopeSet::parse("openid patient/Observation.read");
        assert!(set.allows(ResourceType::Observation, Interaction::Read));
        assert!(set.allows(ResourceType::Observation, Interaction::Search));
        assert!(!set.allows(ResourceType::Observation, Interaction::Update));
        assert!(!set.allows(ResourceType::Condition, Interaction::Read));
        assert!(!set.has_identity());
    }
}
