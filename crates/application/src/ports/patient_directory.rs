//! Who is who, as registration-service knows.

use async_trait::async_trait;
use jiff::civil::Date;
use portal_domain::id::{PatientId, TenantId};
use portal_domain::tenant::Tenant;

use super::SourceError;

/// A medical record number as somebody typed it. Never printed: it points at a person.
#[derive(Clone, PartialEq, Eq)]
pub struct MedicalRecordNumber(Box<str>);

/// The text is no medical record number. Carries no input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a medical record number")]
pub struct InvalidMedicalRecordNumber;

impl MedicalRecordNumber {
    /// 1–64 visible ASCII characters.
    pub fn parse(text: &str) -> Result<Self, InvalidMedicalRecordNumber> {
        let visible = text.bytes().all(|byte| byte.is_ascii_graphic());
        if (1..=64).contains(&text.len()) && visible {
            Ok(Self(text.into()))
        } else {
            Err(InvalidMedicalRecordNumber)
        }
    }

    /// The text, for adapters.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for MedicalRecordNumber {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MedicalRecordNumber(****)")
    }
}

/// The ways to a person that registration-service holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ContactChannel {
    /// E-mail.
    Email,
    /// A telephone that takes text messages.
    Phone,
}

impl ContactChannel {
    /// The word sent.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Phone => "phone",
        }
    }

    /// The channel of a sent word.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Email, Self::Phone]
            .into_iter()
            .find(|channel| channel.as_str() == text)
    }
}

/// An address that a person is reached at. Never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct ContactAddress(Box<str>);

impl ContactAddress {
    /// Keeps the address.
    pub fn new(text: &str) -> Self {
        Self(text.into())
    }

    /// The text, for adapters.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for ContactAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ContactAddress(****)")
    }
}

/// A contact of a patient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact {
    /// By what.
    pub channel: ContactChannel,
    /// Where.
    pub address: ContactAddress,
    /// Whether other patients have it too: it then proves nothing.
    pub shared: bool,
}

/// A patient as registration-service knows them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegisteredPatient {
    /// The id at the sources.
    pub id: PatientId,
    /// Their contacts, the preferred ones first.
    pub contacts: Vec<Contact>,
    /// Whether the person has died.
    pub deceased: bool,
    /// The record that took the place of this one (FHIR R4 Patient.link, `replaced-by`).
    pub replaced_by: Option<PatientId>,
}

/// The directory of patients. Authority on who exists; nothing of it is stored here.
#[async_trait]
pub trait PatientDirectory: Send + Sync {
    /// The one patient of a number and a birth date. Nobody, or several, is none.
    async fn match_patient(
        &self,
        tenant: &Tenant,
        mrn: &MedicalRecordNumber,
        birth_date: Date,
    ) -> Result<Option<RegisteredPatient>, SourceError>;

    /// A patient by id; none when there is no such patient.
    async fn find(
        &self,
        tenant: &TenantId,
        patient: &PatientId,
    ) -> Result<Option<RegisteredPatient>, SourceError>;
}
