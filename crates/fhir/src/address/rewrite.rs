//! Rewriting: the splices that turn a source's resource into ours.

use super::AddressBook;
use crate::header::{Header, HeaderError, Link, OutgoingReference, Record, read_edited};
use crate::json::{Span, quote};
use crate::reference::LiteralReference;
use crate::resource_type::ResourceType;
use crate::splice::{data_absent, splice};

/// How one source and the portal know the same patient.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PatientAddress<'a> {
    /// The id at the source that the record came from.
    pub upstream: &'a str,
    /// The canonical id.
    pub canonical: &'a str,
}

crate::privacy::hidden_debug!(PatientAddress<'a>);

/// A record cannot be said outside. Carries no ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// Its id does not fit: the record is to be dropped and counted.
    #[error("the id cannot be said in 64 characters of a FHIR id")]
    Unsayable,
    /// It is a Patient and not this one.
    #[error("the Patient is another than the one asked for")]
    OtherPatient,
    /// What came out could not be read again.
    #[error("the rewritten resource cannot be read")]
    Header(#[from] HeaderError),
}

/// What becomes of an address in a resource.
enum Fate {
    Stays,
    Becomes(String),
    Goes,
}

/// The record that is being rewritten, as its addresses see it.
struct Origin<'a> {
    book: &'a AddressBook,
    base: usize,
    patient: &'a PatientAddress<'a>,
    public_url: &'a str,
}

impl AddressBook {
    /// Rewrites id, references and attachment addresses by byte splice, nothing else, and reads
    /// the header anew. `base` is the index of the base that the record came from.
    ///
    /// - The id becomes that of [`AddressBook::outward`]; a Patient's the canonical one.
    /// - A relative reference, or one below the record's own base, to a served type takes the code
    ///   of the type's authority: the own base if it is one of them, else the first. Its version
    ///   is dropped, because an address here always means the current one.
    /// - A reference below another configured base takes that base's code if it is an authority of
    ///   the type; otherwise nothing could be read there and the rule below applies.
    /// - Every other reference loses `reference`; if nothing is left of the object it becomes a
    ///   data-absent-reason `unsupported`. `#fragment` stays.
    /// - A reference to this patient becomes `Patient/{canonical id}`. One to another Patient has
    ///   no address here and is treated like one to a type that is not served.
    /// - An attachment at `Binary/{id}`, relative or below a configured base, moves below
    ///   `public_url`; anywhere else its `url` is removed.
    pub fn rewrite(
        &self,
        record: Record,
        base: usize,
        patient: &PatientAddress<'_>,
        public_url: &str,
    ) -> Result<Record, AddressError> {
        let origin = Origin {
            book: self,
            base,
            patient,
            public_url,
        };
        let Record { header, bytes } = record;
        let mut edits = vec![(
            header.id_span,
            quote(&origin.record_id(&header)?).into_bytes(),
        )];
        edits.extend(
            header
                .references
                .iter()
                .filter_map(|reference| origin.reference(reference)),
        );
        edits.extend(header.links.iter().filter_map(|link| origin.link(link)));
        let bytes = splice(&bytes, edits);
        let header = read_edited(&bytes)?;
        Ok(Record { header, bytes })
    }
}

impl Origin<'_> {
    fn record_id(&self, header: &Header) -> Result<String, AddressError> {
        if header.resource_type != ResourceType::Patient {
            return self
                .book
                .outward(self.base, &header.id)
                .ok_or(AddressError::Unsayable);
        }
        if *header.id != *self.patient.upstream {
            return Err(AddressError::OtherPatient);
        }
        self.book
            .outward_patient(self.patient.canonical)
            .ok_or(AddressError::Unsayable)
    }

    fn reference(&self, reference: &OutgoingReference) -> Option<(Span, Vec<u8>)> {
        let fate = self.reference_fate(&reference.target);
        edit(
            fate,
            reference.value,
            reference.member,
            reference.object,
            reference.only_member,
        )
    }

    fn link(&self, link: &Link) -> Option<(Span, Vec<u8>)> {
        let fate = self.link_fate(&link.target);
        edit(fate, link.value, link.member, link.object, link.only_member)
    }

    fn reference_fate(&self, target: &str) -> Fate {
        if target.starts_with('#') {
            return Fate::Stays;
        }
        let address = self.resolve(target).and_then(|(base, found)| {
            if found.type_name == ResourceType::Patient.as_str() {
                return self.patient_address(base, found.id);
            }
            let code_base = self.code_base(base, found.type_name)?;
            let id = self.book.outward(code_base, found.id)?;
            Some(format!("{}/{id}", found.type_name))
        });
        address.map_or(Fate::Goes, Fate::Becomes)
    }

    fn link_fate(&self, target: &str) -> Fate {
        let address = self
            .resolve(target)
            .filter(|(_, found)| found.type_name == "Binary");
        let address = address.and_then(|(base, found)| {
            let code_base = self.code_base(base, found.type_name)?;
            let id = self.book.outward(code_base, found.id)?;
            Some(format!("{}/fhir/R4/Binary/{id}", self.public_url))
        });
        address.map_or(Fate::Goes, Fate::Becomes)
    }

    /// The base that a literal reference is at, and what it names there.
    fn resolve<'t>(&self, target: &'t str) -> Option<(usize, LiteralReference<'t>)> {
        if let Some(found) = LiteralReference::relative(target) {
            return Some((self.base, found));
        }
        self.book
            .bases()
            .iter()
            .enumerate()
            .find_map(|(base, at)| Some((base, LiteralReference::below(target, &at.url)?)))
    }

    /// The base whose code says a thing of this type that is referred to at `base`; `None` for
    /// types that are not served.
    fn code_base(&self, base: usize, type_name: &str) -> Option<usize> {
        let authorities = self.book.authorities(ResourceType::parse(type_name)?);
        if authorities.contains(&base) {
            return Some(base);
        }
        authorities.first().copied().filter(|_| base == self.base)
    }

    fn patient_address(&self, base: usize, id: &str) -> Option<String> {
        let at_own_base = base == self.base && id == self.patient.upstream;
        let at_authority = base != self.base
            && self.book.authorities(ResourceType::Patient).contains(&base)
            && id == self.patient.canonical;
        if !at_own_base && !at_authority {
            return None;
        }
        Some(format!(
            "Patient/{}",
            self.book.outward_patient(self.patient.canonical)?
        ))
    }
}

fn edit(
    fate: Fate,
    value: Span,
    member: Span,
    object: Span,
    only_member: bool,
) -> Option<(Span, Vec<u8>)> {
    match fate {
        Fate::Stays => None,
        Fate::Becomes(text) => Some((value, quote(&text).into_bytes())),
        Fate::Goes if only_member => Some((object, data_absent("unsupported"))),
        Fate::Goes => Some((member, Vec::new())),
    }
}
