//! Use cases of the portal and the ports that they need.
//!
//! A request comes in as a [`Caller`] and leaves as a disclosure: the gate gathers the facts and
//! asks the domain for a grant, [`record`] loads, filters and pages, and the journal's receipt
//! opens the answer. Nothing here knows HTTP, SQL or Redis.

mod access_log;
mod account;
mod act;
mod answer;
mod apps;
mod birth_date;
mod body;
mod bursts;
mod caller;
mod charge;
mod decide;
mod delegation;
mod denials;
mod error;
mod gate;
pub mod hooks;
mod idempotency;
pub mod inbox;
mod input;
pub mod jobs;
pub mod large;
mod look;
mod me;
pub mod operation;
mod portal;
pub mod ports;
pub mod record;
mod registration;
pub mod relay;
pub mod staff;
mod system_event;
#[cfg(test)]
mod testing;

pub use access_log::AccessLogAnswer;
pub use account::PreferencesAnswer;
pub use act::Performed;
pub use answer::{
    AvailabilityAnswer, CalendarAnswer, Completeness, ContentAnswer, Delegator, HeldBack,
    LabAnswer, LabItem, LabsAnswer, ListAnswer, MeAnswer, OpenTime, Place, ProvidersAnswer,
    ReadAnswer, SearchAnswer, SourceReport, SourceStatus, SummaryAnswer, ThreadsAnswer,
    TrendsAnswer, Withheld,
};
pub use apps::AppsAnswer;
pub use body::{BodyError, IdempotencyKey, RequestBody, WriteRequest};
pub use caller::{Caller, RequestContext};
pub use charge::Charge;
pub use delegation::{ListedDelegation, ListedRole};
pub use error::{AccessError, InputError, Refusal};
pub use portal::{Parts, Portal};
pub use record::{PatientNames, RecordList, RecordRules, Section, SourceRules};
