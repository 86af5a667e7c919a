//! Addresses: how a source's ids and references are said outside, and back.
//!
//! A record's id is `{code}.{upstream id}`, `.` written `.d` and `_` written `.u` in the upstream
//! id, so that every upstream id that fits becomes a legal FHIR id (`[A-Za-z0-9\-.]{1,64}`) and the
//! mapping is exact both ways. With a single base the code may be empty and the dot after it is
//! left out. A Patient's id is the canonical one, escaped, without code.

mod book;
mod id;
mod rewrite;

pub use book::{AddressBook, AddressBookError, Base};
pub use id::patient_address;
pub use rewrite::{AddressError, PatientAddress};
