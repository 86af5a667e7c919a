//! What a token allows with the records of one type.

use std::collections::BTreeMap;

use portal_fhir::{Header, ResourceType};

use super::constraint::Constraint;
use super::letters::{Interaction, Letters};

/// Granular scopes of one type in a claim: each is tried on each record of a set.
const MAX_CONSTRAINTS: usize = 16;

/// Letters for every record, and letters for records that match a constraint.
///
/// No letter stands where a weaker condition has it too, so sets of the same scopes are equal
/// whatever the order that they were added in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct TypeScopes {
    whole: Letters,
    granular: BTreeMap<Constraint, Letters>,
}

impl TypeScopes {
    /// Adds letters for every record.
    pub(super) fn add_whole(&mut self, letters: Letters) {
        self.whole = self.whole.union(letters);
        self.granular.retain(|_, granted| {
            *granted = granted.without(letters);
            !granted.is_empty()
        });
    }

    /// Adds letters for the records that match the constraint.
    pub(super) fn add_granular(&mut self, constraint: Constraint, letters: Letters) {
        let letters = letters.without(self.letters_implied_by(&constraint));
        if letters.is_empty() {
            return;
        }
        self.granular.retain(|other, granted| {
            if other.implies(&constraint) && *other != constraint {
                *granted = granted.without(letters);
            }
            !granted.is_empty()
        });
        let granted = self.granular.entry(constraint).or_default();
        *granted = granted.union(letters);
    }

    fn letters_implied_by(&self, constraint: &Constraint) -> Letters {
        self.granular
            .iter()
            .filter(|(other, _)| constraint.implies(other))
            .fold(self.whole, |letters, (_, more)| letters.union(*more))
    }

    /// Whether letters for this constraint would not make one constraint too many.
    pub(super) fn has_room_for(&self, constraint: &Constraint) -> bool {
        self.granular.len() < MAX_CONSTRAINTS || self.granular.contains_key(constraint)
    }

    /// Whether the interaction is allowed with every record.
    pub(super) fn allows_whole(&self, interaction: Interaction) -> bool {
        self.whole.contains(interaction)
    }

    /// Whether the interaction is allowed with every record or with some.
    pub(super) fn allows(&self, interaction: Interaction) -> bool {
        self.allows_whole(interaction)
            || self
                .granular
                .values()
                .any(|letters| letters.contains(interaction))
    }

    /// Whether the interaction is allowed with this record.
    pub(super) fn covers(&self, interaction: Interaction, header: &Header) -> bool {
        self.allows_whole(interaction)
            || self.granular.iter().any(|(constraint, letters)| {
                letters.contains(interaction) && constraint.matches(header)
            })
    }

    /// What either allows.
    pub(super) fn union(&self, other: &Self) -> Self {
        let mut both = self.clone();
        both.add_whole(other.whole);
        for (constraint, letters) in &other.granular {
            both.add_granular(constraint.clone(), *letters);
        }
        both
    }

    /// What both allow.
    pub(super) fn intersection(&self, other: &Self) -> Self {
        let mut common = Self::default();
        common.add_whole(self.whole.intersection(other.whole));
        common.add_part_of(self, other.whole);
        common.add_part_of(other, self.whole);
        for (constraint, letters) in &self.granular {
            for (more, of_these) in &other.granular {
                common.add_granular(constraint.and(more), letters.intersection(*of_these));
            }
        }
        common
    }

    fn add_part_of(&mut self, granular_of: &Self, letters: Letters) {
        for (constraint, granted) in &granular_of.granular {
            self.add_granular(constraint.clone(), granted.intersection(letters));
        }
    }

    /// The scopes in SMART 2.2 text, one for each condition.
    pub(super) fn texts(&self, resource_type: ResourceType) -> impl Iterator<Item = String> {
        let whole =
            (!self.whole.is_empty()).then(|| format!("patient/{resource_type}.{}", self.whole));
        let granular = self.granular.iter().map(move |(constraint, letters)| {
            format!("patient/{resource_type}.{letters}?{constraint}")
        });
        whole.into_iter().chain(granular)
    }
}
