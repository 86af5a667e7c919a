//! What people change of their own account.

mod preferences;
mod update;

pub use preferences::PreferencesAnswer;

pub(crate) use preferences::{ReadPreferences, SetPreferences, entity_tag};
pub(crate) use update::UpdateMe;
