//! What of an owned record may be shown. Here stands the floor that no tenant can lower.

mod floor;
mod verdicts;

pub use floor::{ReleaseMode, ReleaseRules, Withheld, judge};
pub use verdicts::{Masks, Verdicts};
