//! The decision: one pure function over facts, and the proof that only it can make.
//!
//! The order of checks is the contract of `/v1/portal` (docs: status-codes): client, tenant,
//! licence, second factor, account, delegation, scope. Each refusal is told apart only as far as
//! its error code.

mod action;
mod authorize;
mod denial;
mod facts;
mod grant;
mod permit;
mod token;

pub use action::{AccountNeed, Action, ScopeNeed, Surface};
pub use authorize::authorize;
pub use denial::Denial;
pub use facts::{AccessFacts, ActingFor, StatedContext};
pub use grant::{PatientGrant, RecordPatient};
pub use permit::{InspectPermit, ReadPermit, RecordTarget};
pub use token::{AuthenticationStrength, PatientClaim, TenantBinding, VerifiedToken};
