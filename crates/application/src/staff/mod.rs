//! What staff and services of the platform do with accounts, delegations and settings: each use
//! case one file. None of them opens a record.

mod access_log;
mod accounts;
mod approve;
mod config;
mod dead_letters;
mod decide;
mod desk;
mod explain;
mod import;
mod look;
pub mod operation;
mod perform;
mod revoke;
mod status;
mod usage;

use std::sync::Arc;

use portal_domain::access::{StaffToken, StatedContext};

use crate::caller::RequestContext;

pub use access_log::StaffLogPage;
pub use accounts::AccountPage;
pub use approve::Approval;
pub use config::ConfigAnswer;
pub use dead_letters::DeadLetterPage;
pub use desk::{StaffDesk, StaffParts};
pub use explain::{ASSUMED, Explained};
pub use import::{ImportEnded, ImportLine, ImportOutcome, Lines, MAX_LINES};
pub use status::StatusChange;
pub use usage::Usage;

/// One authenticated request of staff.
#[derive(Debug, Clone)]
pub struct StaffCaller {
    /// The verified token with its roles.
    pub staff: Arc<StaffToken>,
    /// What the request claims about its context.
    pub stated: StatedContext,
    /// The request itself.
    pub request: RequestContext,
}
