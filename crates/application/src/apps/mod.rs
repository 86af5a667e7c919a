//! Third parties' apps: which of them use a grant of somebody, and how that ends.

mod list;
mod revoke;
mod uses;

pub use list::AppsAnswer;

pub(crate) use list::ListApps;
pub(crate) use revoke::RevokeApp;
pub(crate) use uses::UseNotes;
