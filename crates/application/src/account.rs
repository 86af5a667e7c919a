//! What people change of their own account.

mod held;
mod lock_out;
mod preferences;
mod update;

pub use preferences::PreferencesAnswer;

pub(crate) use held::held;
pub(crate) use lock_out::{REVOKED_FOR, lock_out, refuse_tokens};
pub(crate) use preferences::{ReadPreferences, SetPreferences, entity_tag};
pub(crate) use update::UpdateMe;
