//! One line of an import file, read and checked. What is wrong is told by place, never by value.

mod account;
mod delegation;
mod json;
mod reader;
mod revocation;
mod tenant;

#[cfg(test)]
mod tests;

pub use account::AccountLine;
pub use delegation::DelegationLine;
pub use revocation::{RevocationLine, Revoked};
pub use tenant::TenantLine;

use portal_domain::document::DocumentFault;
use serde::Serialize;

use json::OneMember;
use reader::Reader;

/// Code lists are long.
const MAX_LINE: usize = 1024 * 1024;

/// What is wrong with a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LineFault {
    /// Where (RFC 6901); empty for the whole line.
    pub pointer: String,
    /// What is wrong there, or what is expected.
    pub message: &'static str,
}

impl LineFault {
    /// A fault at a place.
    pub(super) fn at(pointer: impl Into<String>, message: &'static str) -> Self {
        Self {
            pointer: pointer.into(),
            message,
        }
    }
}

impl From<DocumentFault> for LineFault {
    fn from(fault: DocumentFault) -> Self {
        Self::at(fault.pointer, fault.message)
    }
}

/// One line. A further kind has its member here, a file beside these, and its own part of
/// [`super::Import`].
#[derive(Debug, Clone, PartialEq)]
pub enum ImportLine {
    /// `{"tenant": {…}}`
    Tenant(TenantLine),
    /// `{"account": {…}}`
    Account(AccountLine),
    /// `{"delegation": {…}}`
    Delegation(DelegationLine),
    /// `{"revocation": {…}}`
    Revocation(RevocationLine),
}

impl ImportLine {
    /// Reads a line of NDJSON; all faults of the line at once.
    pub fn parse(text: &str) -> Result<Self, Vec<LineFault>> {
        if text.len() > MAX_LINE {
            return Err(whole_line("is longer than 1 MiB"));
        }
        let line = json::parse(text)
            .ok_or_else(|| whole_line("is not a JSON object of one member that is an object"))?;
        let OneMember {
            name,
            members,
            faults,
        } = line;
        let reader = Reader::new(place("", &name), members, faults);
        match name.as_str() {
            "tenant" => tenant::read(reader).map(Self::Tenant),
            "account" => account::read(reader).map(Self::Account),
            "delegation" => delegation::read(reader).map(Self::Delegation),
            "revocation" => revocation::read(reader).map(Self::Revocation),
            _ => Err(whole_line("is of no known kind")),
        }
    }

    /// The word for what it is.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Tenant(_) => "tenant",
            Self::Account(_) => "account",
            Self::Delegation(_) => "delegation",
            Self::Revocation(_) => "revocation",
        }
    }
}

fn whole_line(message: &'static str) -> Vec<LineFault> {
    vec![LineFault::at("", message)]
}

/// The place of a member. A name that is none of ours could be anything, and is not repeated.
fn place(pointer: &str, name: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphabetic() || byte == b'-';
    if (1..=32).contains(&name.len()) && name.bytes().all(plain) {
        format!("{pointer}/{name}")
    } else {
        pointer.to_owned()
    }
}

/// Language, then subtags (RFC 5646 section 2.1), without extended and private forms.
fn language(text: &str) -> Option<String> {
    let mut parts = text.split('-');
    let first = parts.next()?;
    let good_first =
        (2..=3).contains(&first.len()) && first.bytes().all(|b| b.is_ascii_alphabetic());
    let good_rest = parts.all(|part| {
        (2..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric())
    });
    (good_first && good_rest && text.len() <= 35).then(|| text.to_owned())
}

fn plain_text(text: &str) -> Option<String> {
    let length = text.chars().count();
    let plain = (1..=200).contains(&length) && !text.chars().any(char::is_control);
    (plain && text.trim() == text).then(|| text.to_owned())
}
