//! The configured bases, their codes, and which of them serve which type.

use super::id;
use crate::resource_type::ResourceType;

/// One configured base of sources.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Base {
    /// The base URL, without a trailing slash.
    pub url: String,
    /// The short code in ids: `[a-z0-9]{0,8}`, empty only when this is the only base.
    pub code: String,
}

/// The bases cannot be told apart, or the table names one that is not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressBookError {
    /// There is no base.
    #[error("no base is configured")]
    NoBase,
    /// A base URL is empty or ends in a slash.
    #[error("base {index} has an empty URL or one that ends in a slash")]
    InvalidUrl {
        /// Which base, from 0.
        index: usize,
    },
    /// A code is not `[a-z0-9]{1,8}`, or empty although there are several bases.
    #[error("base {index} has an invalid id code")]
    InvalidCode {
        /// Which base, from 0.
        index: usize,
    },
    /// Two bases have the same code or URL.
    #[error("base {index} repeats the id code or URL of an earlier one")]
    Duplicate {
        /// The later of the two, from 0.
        index: usize,
    },
    /// The authority of a type is not among the bases.
    #[error("an authority of {resource_type} is not among the bases")]
    UnknownAuthority {
        /// The type.
        resource_type: ResourceType,
    },
}

/// Says every address of the configured sources outside, and every outside id back.
#[derive(Clone, Debug)]
pub struct AddressBook {
    bases: Vec<Base>,
    authority: Vec<(ResourceType, Vec<usize>)>,
}

impl AddressBook {
    /// A book of these bases. `authority` lists for each served type the bases that serve it, by
    /// index, the most authoritative first.
    pub fn new(
        bases: Vec<Base>,
        authority: Vec<(ResourceType, Vec<usize>)>,
    ) -> Result<Self, AddressBookError> {
        if bases.is_empty() {
            return Err(AddressBookError::NoBase);
        }
        for (index, base) in bases.iter().enumerate() {
            check(&bases, index, base)?;
        }
        for (resource_type, indexes) in &authority {
            if indexes.iter().any(|&index| index >= bases.len()) {
                return Err(AddressBookError::UnknownAuthority {
                    resource_type: *resource_type,
                });
            }
        }
        Ok(Self { bases, authority })
    }

    /// The bases, in the order of their indexes.
    pub fn bases(&self) -> &[Base] {
        &self.bases
    }

    /// The bases that serve a type, by index, the most authoritative first.
    pub fn authorities(&self, resource_type: ResourceType) -> &[usize] {
        self.authority
            .iter()
            .find(|(served, _)| *served == resource_type)
            .map_or(&[], |(_, indexes)| indexes)
    }

    /// The id outside of a record of a base. `None` when it cannot be said: an unknown base, or an
    /// id that is not `[A-Za-z0-9_.\-]{1,64}`, is `.` or `..`, or comes to over 64 characters.
    pub fn outward(&self, base: usize, upstream_id: &str) -> Option<String> {
        let code = &self.bases.get(base)?.code;
        if code.is_empty() {
            return id::escape("", upstream_id);
        }
        id::escape(&format!("{code}."), upstream_id)
    }

    /// The id outside of a patient: the canonical id, escaped, without a code.
    pub fn outward_patient(&self, canonical_id: &str) -> Option<String> {
        id::patient_address(canonical_id)
    }

    /// The base and upstream id of a record's id: the exact inverse of [`AddressBook::outward`].
    pub fn inward(&self, portal_id: &str) -> Option<(usize, String)> {
        if !id::fits(portal_id) {
            return None;
        }
        if let [Base { code, .. }] = self.bases.as_slice()
            && code.is_empty()
        {
            return Some((0, id::unescape(portal_id)?));
        }
        let (code, escaped) = portal_id.split_once('.')?;
        let base = self.bases.iter().position(|base| base.code == code)?;
        Some((base, id::unescape(escaped)?))
    }

    /// The canonical id of a patient's id: the exact inverse of [`AddressBook::outward_patient`].
    pub fn inward_patient(&self, portal_id: &str) -> Option<String> {
        id::fits(portal_id)
            .then(|| id::unescape(portal_id))
            .flatten()
    }
}

fn check(bases: &[Base], index: usize, base: &Base) -> Result<(), AddressBookError> {
    let alphabet = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    if base.url.is_empty() || base.url.ends_with('/') {
        return Err(AddressBookError::InvalidUrl { index });
    }
    let empty_among_several = base.code.is_empty() && bases.len() > 1;
    if empty_among_several || base.code.len() > 8 || !base.code.bytes().all(alphabet) {
        return Err(AddressBookError::InvalidCode { index });
    }
    let repeats = |earlier: &Base| earlier.code == base.code || earlier.url == base.url;
    if bases[..index].iter().any(repeats) {
        return Err(AddressBookError::Duplicate { index });
    }
    Ok(())
}
