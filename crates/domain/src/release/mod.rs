//! What of an owned record may be shown: the floor that no tenant can lower, the tenant's policy
//! above it, and what is hidden from proxies for being sensitive.

mod floor;
mod judge;
mod pattern;
mod policy;
mod rule_match;
#[cfg(test)]
pub(crate) mod tests;
mod verdicts;

pub(crate) use floor::Floor;
pub use floor::{ReleaseMode, ReleaseRules, Withheld};
pub use judge::{Judge, Viewer};
pub use pattern::CodePattern;
pub use policy::{Audience, Effect, ReleasePolicy, Rule, RuleAudience, RuleIndex, Until};
pub use rule_match::RuleMatch;
pub use verdicts::{Holds, Masks, Verdicts};
