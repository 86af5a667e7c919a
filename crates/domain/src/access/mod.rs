//! The decision: one pure function over facts, and the proof that only it can make.
//!
//! The order of checks is the contract of `/v1/portal` (docs: status-codes): token, client, tenant,
//! licence, second factor, account, delegation, scope, step-up. Each refusal is told apart only as
//! far as its error code.

mod action;
mod authorize;
mod caller_grant;
mod denial;
mod explain;
mod facts;
mod grant;
mod permit;
mod proxy;
mod staff;
mod standing;
mod subject;
#[cfg(test)]
pub(crate) mod tests;
mod token;

pub use action::{AccountNeed, Action, ProxyNeed, ScopeNeed, Surface};
pub use authorize::{authorize, authorize_caller, birth_date_target};
pub use caller_grant::CallerGrant;
pub use denial::Denial;
pub use explain::{Explanation, explain};
pub use facts::{AccessFacts, ActingFor, BirthDate, StatedContext};
pub use grant::{PatientGrant, RecordPatient};
pub use permit::{InspectPermit, ReadPermit, RecordTarget};
pub use proxy::ProxyAccess;
pub use staff::{
    StaffAction, StaffFacts, StaffGrant, StaffRight, StaffRole, StaffRoles, StaffToken,
    authorize_staff,
};
pub use standing::{Introspection, RevocationKeys, TokenStanding};
pub use token::{
    AuthenticationStrength, FRESH_SECOND_FACTOR, PatientClaim, TenantBinding, VerifiedToken,
};
