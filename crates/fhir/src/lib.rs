//! Lossless FHIR R4: reads bundles, headers and searches without touching a byte it does not own.
//!
//! A resource is a slice of the page it came in and a small parsed [`Header`]. Whatever has to
//! change on its way out (ids, references, attachment links) is spliced into the bytes; nothing is
//! ever serialised again through a model, so unknown extensions, element order and decimals such
//! as `1.50` leave as they came. Everything here is pure: no I/O, no clock, no async.

mod privacy;
mod prune;

pub mod address;
pub mod bundle;
pub mod elements;
pub mod header;
pub mod json;
pub mod outcome;
pub mod owner;
pub mod participants;
pub mod reference;
pub mod resource_type;
pub mod restricted;
pub mod search;
pub mod splice;
mod standing;
pub mod targets;
pub mod values;

pub use address::{
    AddressBook, AddressBookError, AddressError, Base, PatientAddress, patient_address,
};
pub use bundle::{BundleError, Entry, Limits, Page, SearchMode, StructureGuard, read_searchset};
pub use elements::{project, select_elements};
pub use header::{
    Coding, Contained, Date, Header, HeaderError, HumanName, Identifier, Interval, Link,
    OutgoingReference, OwnerClaim, OwnerReference, Period, Person, Precision, Record, When,
    read_header,
};
pub use json::Span;
pub use owner::{ForeignReason, Ownership, ownership};
pub use participants::without_other_patients;
pub use resource_type::ResourceType;
pub use restricted::strip_restricted;
pub use search::{
    Handling, IncludeSpec, ParameterKind, ParameterSpec, Query, SearchError, Sort, SortKey, Token,
    fold, includes, is_searchable, parameters, rev_includes, sort_key,
};
pub use splice::{mask_references, splice};
pub use standing::PatientStanding;
pub use targets::retain_targets;
