//! An account's line.

use portal_domain::account::{AccountKind, AccountStatus};
use portal_domain::id::{Issuer, PatientId, Subject, TenantId};

use super::reader::Reader;
use super::{LineFault, language};

/// An account as an operator gives it. What is left out of an account that exists stays as it is.
#[derive(Clone, PartialEq, Eq)]
pub struct AccountLine {
    /// Whose account.
    pub tenant_id: TenantId,
    /// The record it holds.
    pub patient_id: Option<PatientId>,
    /// Patient or caregiver; left out, it follows from `patient_id`.
    pub kind: AccountKind,
    /// The identity that it is bound to.
    pub identity: Option<(Issuer, Subject)>,
    /// Where it stands; left out: active with an identity, else pending.
    pub status: Option<AccountStatus>,
    /// BCP 47 tag.
    pub preferred_language: Option<String>,
}

impl std::fmt::Debug for AccountLine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AccountLine(****)")
    }
}

pub(super) fn read(mut reader: Reader) -> Result<AccountLine, Vec<LineFault>> {
    let tenant_id = tenant_id(&mut reader);
    let patient_id = reader.optional("patientId", PATIENT, addressable);
    let kind = reader.optional("kind", "expected patient or caregiver", AccountKind::parse);
    let issuer = reader.optional("issuer", ISSUER, |text| Issuer::parse(text).ok());
    let subject = reader.optional("subject", SUBJECT, |text| Subject::parse(text).ok());
    let status = reader.optional("status", "expected a status", AccountStatus::parse);
    let preferred_language = reader.optional(
        "preferredLanguage",
        "expected a BCP 47 language tag",
        language,
    );
    let kind = kind.unwrap_or(match patient_id {
        Some(_) => AccountKind::Patient,
        None => AccountKind::Caregiver,
    });
    check_patient(&mut reader, kind, patient_id.is_some());
    check_identity(
        &mut reader,
        patient_id.is_some(),
        issuer.is_some(),
        subject.is_some(),
    );
    let whole = tenant_id.map(|tenant_id| AccountLine {
        tenant_id,
        patient_id,
        kind,
        identity: issuer.zip(subject),
        status,
        preferred_language,
    });
    reader.finish(whole)
}

pub(super) const PATIENT: &str = "expected 1 to 64 of A-Z a-z 0-9 _ . -";
pub(super) const ISSUER: &str = "expected the whole issuer";
pub(super) const SUBJECT: &str = "expected a token's subject";

/// The tenant that a line is about.
pub(super) fn tenant_id(reader: &mut Reader) -> Option<TenantId> {
    reader.required("tenantId", "expected a tenant id", |text| {
        TenantId::parse(text).ok()
    })
}

/// A patient whom sources can be asked for.
pub(super) fn addressable(text: &str) -> Option<PatientId> {
    PatientId::parse(text)
        .ok()
        .filter(PatientId::is_addressable)
}

fn check_patient(reader: &mut Reader, kind: AccountKind, patient: bool) {
    match (kind, patient) {
        (AccountKind::Patient, false) => reader.fault("patientId", "is missing for a patient"),
        (AccountKind::Caregiver, true) => reader.fault("patientId", "a caregiver has none"),
        (AccountKind::Patient, true) | (AccountKind::Caregiver, false) => {}
    }
}

fn check_identity(reader: &mut Reader, patient: bool, issuer: bool, subject: bool) {
    match (issuer, subject) {
        (true, false) => reader.fault("subject", "is missing beside issuer"),
        (false, true) => reader.fault("issuer", "is missing beside subject"),
        // Without a record or an identity nothing tells one account from another.
        (false, false) if !patient => reader.fault("subject", "is missing for a caregiver"),
        (true, true) | (false, false) => {}
    }
}
