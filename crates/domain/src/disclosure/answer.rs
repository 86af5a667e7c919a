//! One answer before and after its access event is durable.

use bytes::Bytes;
use portal_fhir::Header;

use crate::audit::Receipt;

use super::ReleasedRecord;

/// Visible records of one kind, under a name that the answer gives them.
#[derive(Debug, Default)]
pub struct Group {
    /// What the answer calls them, such as `problems`; empty for plain lists.
    pub name: &'static str,
    /// The records, in order.
    pub records: Vec<ReleasedRecord>,
}

/// What is going to be shown: enough to say in the journal which records, not enough to send them.
#[derive(Debug, Default)]
pub struct Answer {
    groups: Vec<Group>,
}

/// What may be sent, because its access event is durable. One answer is one disclosure.
#[derive(Debug)]
pub struct Disclosure {
    groups: Vec<Group>,
    receipt: Receipt,
}

/// One record that may be sent.
#[derive(Clone, Copy)]
pub struct Disclosed<'a> {
    record: &'a ReleasedRecord,
}

impl Answer {
    /// An answer of several groups.
    pub const fn new(groups: Vec<Group>) -> Self {
        Self { groups }
    }

    /// An answer of one plain list.
    pub fn list(records: Vec<ReleasedRecord>) -> Self {
        Self::new(vec![Group { name: "", records }])
    }

    /// The ids shown, in order, for the journal.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.groups
            .iter()
            .flat_map(|group| &group.records)
            .map(|record| &*record.header().id)
    }
}

impl Disclosure {
    /// Opens an answer by the proof that the look at it is recorded.
    pub fn new(answer: Answer, receipt: Receipt) -> Self {
        Self {
            groups: answer.groups,
            receipt,
        }
    }

    /// The records of all groups, in order.
    pub fn records(&self) -> impl Iterator<Item = Disclosed<'_>> {
        self.groups
            .iter()
            .flat_map(|group| &group.records)
            .map(|record| Disclosed { record })
    }

    /// The records of the group of a name.
    pub fn group<'a>(&'a self, name: &'a str) -> impl Iterator<Item = Disclosed<'a>> + 'a {
        self.groups
            .iter()
            .filter(move |group| group.name == name)
            .flat_map(|group| &group.records)
            .map(|record| Disclosed { record })
    }

    /// The proof, for what the portal itself holds about the person.
    pub fn into_receipt(self) -> Receipt {
        self.receipt
    }

    /// The proof.
    pub const fn receipt(&self) -> &Receipt {
        &self.receipt
    }
}

impl<'a> Disclosed<'a> {
    /// The header.
    pub fn header(&self) -> &'a Header {
        self.record.header()
    }

    /// The resource as it leaves: the source's own bytes but for addresses and masks.
    pub fn bytes(&self) -> &'a Bytes {
        &self.record.record().bytes
    }

    /// The resource together with its header.
    pub fn record(&self) -> &'a portal_fhir::Record {
        self.record.record()
    }
}

impl std::fmt::Debug for Disclosed<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Disclosed(****)")
    }
}
