//! What policy and search need of a resource, read once and kept beside its bytes.

mod codings;
mod contained;
mod date;
mod dates;
mod error;
mod labels;
mod links;
mod person;
mod read;
mod subject_matter;

use std::fmt;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::json::Span;
use crate::privacy::hidden_debug;
use crate::resource_type::ResourceType;

pub use date::{Date, Interval, Period, Precision, When};
pub use error::HeaderError;
pub use person::{HumanName, Person};
pub(crate) use read::read_edited;
pub use read::read_header;

/// A code with the system that it is of.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Coding {
    /// `Coding.system`.
    pub system: Option<Box<str>>,
    /// `Coding.code`.
    pub code: Option<Box<str>>,
}

impl Coding {
    /// Whether it is exactly this code of this system.
    pub fn is(&self, system: &str, code: &str) -> bool {
        self.system.as_deref() == Some(system) && self.code.as_deref() == Some(code)
    }
}

/// A business identifier.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Identifier {
    /// `Identifier.system`.
    pub system: Option<Box<str>>,
    /// `Identifier.value`.
    pub value: Option<Box<str>>,
}

/// A Reference with a literal `reference`, wherever it stands in the resource.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutgoingReference {
    /// The top-level element that it stands in, such as `result`; `contained` for all in there.
    pub element: Box<str>,
    /// The whole Reference object.
    pub object: Span,
    /// The string literal of `reference`, quotes included.
    pub value: Span,
    /// The member `reference` with one adjoining comma: the object without it is still JSON.
    pub member: Span,
    /// What `reference` says.
    pub target: Box<str>,
    /// Whether `reference` is all that the object has.
    pub only_member: bool,
    /// Whether it stands in a contained resource.
    pub in_contained: bool,
}

/// The `url` of an Attachment.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// The whole Attachment object.
    pub object: Span,
    /// The string literal of `url`, quotes included.
    pub value: Span,
    /// The member `url` with one adjoining comma: the object without it is still JSON.
    pub member: Span,
    /// What `url` says.
    pub target: Box<str>,
    /// Whether `url` is all that the object has.
    pub only_member: bool,
}

/// What the one element that decides about the owner says.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum OwnerClaim {
    /// The resource is a Patient: its own id decides.
    OwnId,
    /// The element is there; every Reference of it is listed, and each has to name the owner.
    References(Vec<OwnerReference>),
    /// Those who take part; one of them has to be the owner, and the other patients among them are
    /// taken out.
    AnyOf(Vec<OwnerReference>),
    /// Those who wrote to each other; one of them has to be the owner, and no other patient may be
    /// among them.
    EveryPatientOf(Vec<OwnerReference>),
    /// The element is not there.
    Absent,
    /// The type has no owner.
    Nobody,
    /// It is whose what it is about is, and shown for as much of that as is shown.
    Targets,
}

/// One Reference of the deciding element.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnerReference {
    /// What its `reference` says; `None` when it has none or is no Reference at all.
    pub target: Option<Box<str>>,
}

/// A contained resource, as far as ownership, release and sensitivity look at it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contained {
    /// `resourceType`, empty when it cannot be read.
    pub type_name: Box<str>,
    /// `id`, by which the container refers to it.
    pub local_id: Option<Box<str>>,
    /// Whose it claims to be. A contained Patient claims nothing that counts: `OwnId`.
    pub owner: OwnerClaim,
    /// `status`.
    pub status: Option<Box<str>>,
    /// `verificationStatus`.
    pub verification_status: Vec<Coding>,
    /// `interpretation`, those of components included.
    pub interpretation: Vec<Coding>,
    /// `category`.
    pub categories: Vec<Coding>,
    /// `code`, `vaccineCode`, `medicationCodeableConcept`, and `component.code`.
    pub codes: Vec<Coding>,
    /// `meta.tag`.
    pub tags: Vec<Coding>,
    /// `meta.security`.
    pub security: Vec<Coding>,
    /// Whether something of `codes` is there but cannot be read.
    pub codes_unreadable: bool,
    /// Whether something else of the above is there but cannot be read.
    pub labels_unreadable: bool,
}

impl Contained {
    /// Whether anything of it cannot be read, so that it may be about anything.
    pub const fn is_unreadable(&self) -> bool {
        self.codes_unreadable || self.labels_unreadable
    }
}

/// The part of a resource that decisions are made on. Its spans point into the bytes that it was
/// read from, so the two travel together as a [`Record`].
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each tells of another unreadable element"
)]
pub struct Header {
    /// `resourceType`.
    pub resource_type: ResourceType,
    /// `id`.
    pub id: Box<str>,
    /// The string literal of `id`, quotes included.
    pub id_span: Span,
    /// `meta.versionId`.
    pub version_id: Option<Box<str>>,
    /// `meta.lastUpdated`, when it can be read.
    pub last_updated: Option<Date>,
    /// Whose it claims to be.
    pub owner: OwnerClaim,
    /// Every literal Reference, in document order.
    pub references: Vec<OutgoingReference>,
    /// Every Attachment with an address, in document order.
    pub links: Vec<Link>,
    /// The contained resources.
    pub contained: Vec<Contained>,
    /// `status`; of a Goal `lifecycleStatus`.
    pub status: Option<Box<str>>,
    /// `intent`.
    pub intent: Option<Box<str>>,
    /// `clinicalStatus`.
    pub clinical_status: Vec<Coding>,
    /// `verificationStatus`.
    pub verification_status: Vec<Coding>,
    /// `category`; of an `AllergyIntolerance`, whose categories are bare codes, without systems.
    pub categories: Vec<Coding>,
    /// Whether `category` is there but not wholly readable.
    pub category_unreadable: bool,
    /// `code`, `vaccineCode` or `medicationCodeableConcept`.
    pub codes: Vec<Coding>,
    /// `component.code`.
    pub component_codes: Vec<Coding>,
    /// `type`.
    pub types: Vec<Coding>,
    /// Whether one of the codes is there but not wholly readable.
    pub codes_unreadable: bool,
    /// Whether a code outside of `code` and its like tells what the record is about: the type of
    /// an Encounter, the product of a claim's item.
    pub subject_matter_coded: bool,
    /// Every other Coding with a code, in contained resources and extensions too, each once and in
    /// document order: what code lists look at beside `codes`, `component_codes` and `categories`.
    /// Codings of state, interpretation and labels are not among them. An object with a string
    /// `system` and `code` is one wherever it stands, unless it has a `value` and so is a Quantity.
    pub other_codings: Vec<Coding>,
    /// Whether a Coding anywhere, be it listed above or not, is there but cannot be read.
    pub other_codings_unreadable: bool,
    /// `interpretation`, those of components included.
    pub interpretation: Vec<Coding>,
    /// `meta.tag`.
    pub tags: Vec<Coding>,
    /// `meta.security`.
    pub security: Vec<Coding>,
    /// Whether `meta.tag`, `meta.security` or `interpretation` is there but not wholly readable.
    pub labels_unreadable: bool,
    /// `identifier`.
    pub identifiers: Vec<Identifier>,
    /// The date that the type is searched and sorted by: `effective[x]` (Observation,
    /// `DiagnosticReport`), `onset[x]` (Condition), `authoredOn` (`MedicationRequest`),
    /// `occurrence[x]` (Immunization), `recordedDate` else `onset[x]` (`AllergyIntolerance`), and
    /// what stands in its place in the other types. An age, range, text or Timing is no date.
    pub date: Option<When>,
    /// `recordedDate` (Condition, `AllergyIntolerance`) or `recorded` (Immunization).
    pub recorded: Option<Date>,
    /// `issued` (Observation, `DiagnosticReport`).
    pub issued: Option<Date>,
    /// Whether `issued` is there but is no instant.
    pub issued_unreadable: bool,
    /// Who it is; of a Patient and a Practitioner only.
    pub person: Option<Person>,
}

impl Header {
    /// The literal References under a top-level element such as `result`; those of contained
    /// resources are under none.
    pub fn references_at(&self, element: &str) -> impl Iterator<Item = &OutgoingReference> {
        self.references
            .iter()
            .filter(move |reference| !reference.in_contained && *reference.element == *element)
    }
}

impl fmt::Debug for Header {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Header({})", self.resource_type)
    }
}

hidden_debug!(
    Coding,
    Identifier,
    OutgoingReference,
    Link,
    OwnerClaim,
    OwnerReference,
    Contained,
);

/// One resource: what travels. `bytes` always are exactly what the header's spans point into.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// What was read of it.
    pub header: Header,
    /// The resource itself.
    pub bytes: Bytes,
}

impl fmt::Debug for Record {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "Record({}, {} bytes)",
            self.header.resource_type,
            self.bytes.len()
        )
    }
}
