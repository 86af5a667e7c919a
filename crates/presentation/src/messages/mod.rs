//! The portal's own texts in every language that it speaks.

mod errors;
mod nouns;
mod scopes;
mod view;

pub(crate) use errors::{advice, title};
pub(crate) use nouns::noun;
pub(crate) use scopes::scope_in_words;
pub(crate) use view::{DUPLICATE_MEMBER, INVALID_VALUE, MISSING_MEMBER, UNKNOWN_MEMBER, ViewText};

use crate::language::Language;

/// One text in each language.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Texts {
    en: &'static str,
    ps: &'static str,
    fa: &'static str,
    ar: &'static str,
}

impl Texts {
    /// The text in a language.
    pub(crate) const fn in_language(self, language: Language) -> &'static str {
        match language {
            Language::English => self.en,
            Language::Pashto => self.ps,
            Language::Dari => self.fa,
            Language::Arabic => self.ar,
        }
    }
}

const fn texts(en: &'static str, ps: &'static str, fa: &'static str, ar: &'static str) -> Texts {
    Texts { en, ps, fa, ar }
}
