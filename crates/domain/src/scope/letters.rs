//! The permissions of a scope: interactions, and sets of them.

use std::fmt;

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

impl Interaction {
    /// Every interaction, in the order in which a scope has to name them.
    pub const ALL: [Self; 5] = [
        Self::Create,
        Self::Read,
        Self::Update,
        Self::Delete,
        Self::Search,
    ];

    const fn letter(self) -> char {
        match self {
            Self::Create => 'c',
            Self::Read => 'r',
            Self::Update => 'u',
            Self::Delete => 'd',
            Self::Search => 's',
        }
    }
}

/// A set of interactions. Prints as its letters.
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

    /// What is in this set and not in the other.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Whether the interaction is in the set.
    pub const fn contains(self, interaction: Interaction) -> bool {
        self.0 & (1 << interaction as u8) != 0
    }

    /// Whether nothing is in the set.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Reads letters that stand in order, each once, and at least one.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut order = Interaction::ALL.into_iter();
        let mut letters = Self::NONE;
        for wanted in text.chars() {
            // The iterator only moves forward, so a repeated or misplaced letter is never found.
            let interaction = order.find(|interaction| interaction.letter() == wanted)?;
            letters = letters.union(Self::only(interaction));
        }
        (!letters.is_empty()).then_some(letters)
    }
}

impl fmt::Display for Letters {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        use fmt::Write;
        Interaction::ALL
            .into_iter()
            .filter(|interaction| self.contains(*interaction))
            .try_for_each(|interaction| formatter.write_char(interaction.letter()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_set_but_the_empty_one_reads_back() {
        for bits in 1..=Letters::ALL.0 {
            let letters = Letters(bits);
            assert_eq!(Letters::parse(&letters.to_string()), Some(letters));
        }
        assert_eq!(Letters::parse(&Letters::NONE.to_string()), None);
    }

    #[test]
    fn the_words_of_v1_are_these_letters() {
        assert_eq!(Letters::READ.to_string(), "rs");
        assert_eq!(Letters::WRITE.to_string(), "cud");
        assert_eq!(Letters::ALL.to_string(), "cruds");
    }
}
