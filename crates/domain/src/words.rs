//! Enumerations whose members are words of a contract, and sets of them.

/// Declares an enumeration of words together with the set type over it.
macro_rules! words {
    (
        $(#[$meta:meta])* $name:ident, $(#[$set_meta:meta])* $set:ident($bits:ty),
        { $($(#[$word_meta:meta])* $word:ident = $text:literal),+ $(,)? }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$word_meta])* $word),+ }

        impl $name {
            /// Every word, in the order of the contract.
            pub const ALL: &'static [Self] = &[$(Self::$word),+];

            /// The word as it is stored and sent.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$word => $text),+ }
            }

            /// The member of a word, exactly.
            pub fn parse(text: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|word| word.as_str() == text)
            }
        }

        $(#[$set_meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
        pub struct $set($bits);

        impl $set {
            /// No word.
            pub const NONE: Self = Self(0);
            /// Every word.
            pub const ALL: Self = Self($(1 << $name::$word as $bits)|+);

            /// The set of these words.
            pub fn of(words: impl IntoIterator<Item = $name>) -> Self {
                words.into_iter().fold(Self::NONE, |set, word| set.with(word))
            }

            /// This set and one word more.
            #[must_use]
            pub const fn with(self, word: $name) -> Self {
                Self(self.0 | (1 << word as $bits))
            }

            /// What is in either.
            #[must_use]
            pub const fn union(self, other: Self) -> Self {
                Self(self.0 | other.0)
            }

            /// What is in both.
            #[must_use]
            pub const fn intersection(self, other: Self) -> Self {
                Self(self.0 & other.0)
            }

            /// Whether the word is in it.
            pub const fn contains(self, word: $name) -> bool {
                self.0 & (1 << word as $bits) != 0
            }

            /// Whether everything in it is in another.
            pub const fn is_within(self, other: Self) -> bool {
                self.0 & !other.0 == 0
            }

            /// Whether nothing is in it.
            pub const fn is_empty(self) -> bool {
                self.0 == 0
            }

            /// Its words, in the order of the contract.
            pub fn iter(self) -> impl Iterator<Item = $name> {
                $name::ALL.iter().copied().filter(move |word| self.contains(*word))
            }
        }
    };
}

pub(crate) use words;
