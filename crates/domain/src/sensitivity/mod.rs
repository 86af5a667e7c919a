//! What is sensitive, and for whom that counts: labels, code lists, and classes of records.

mod class;
mod code_lists;
mod labels;
#[cfg(test)]
mod tests;

pub use class::{LabelMode, SensitivityClass, classify};
pub use code_lists::{CodeLists, CodeListsInvalid};

use crate::words::words;

words! {
    /// A category of what is sensitive.
    SensitivityCategory,
    /// A set of categories.
    SensitivitySet(u8),
    {
        /// Mental and behavioural health.
        MentalHealth = "mental-health",
        /// Use of alcohol, drugs and other substances.
        SubstanceUse = "substance-use",
        /// Sexual and reproductive health.
        SexualReproductive = "sexual-reproductive",
        /// HIV and sexually transmitted infections.
        HivSti = "hiv-sti",
        /// Genetic disease and tests.
        Genetic = "genetic",
        /// Violence and abuse.
        Violence = "violence",
        /// Restricted for another reason.
        Restricted = "restricted",
    }
}
