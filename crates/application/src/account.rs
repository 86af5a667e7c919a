//! What people change of their own account.

mod held;
mod preferences;
mod update;

use jiff::SignedDuration;

pub use preferences::PreferencesAnswer;

/// How long the tokens of who is locked out stay on the list: longer than any of them lives.
pub(crate) const REVOKED_FOR: SignedDuration = SignedDuration::from_hours(24);

pub(crate) use held::held;
pub(crate) use preferences::{ReadPreferences, SetPreferences, entity_tag};
pub(crate) use update::UpdateMe;
