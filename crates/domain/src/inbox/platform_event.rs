//! What the portal hears of, and what each event names.

use serde_json::{Map, Value};

use super::envelope::{Envelope, EventFault, optional_text, text};
use super::record_event::RecordEventKind;
use crate::id::{Issuer, PatientId, Subject};
use crate::source::Source;

/// A kind of event that is consumed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PlatformEventKind {
    /// A tenant came, or came back.
    TenantActivated,
    /// A tenant is locked out.
    TenantSuspended,
    /// A tenant's settings at the platform changed.
    TenantConfigChanged,
    /// A tenant has a licence more.
    EntitlementGranted,
    /// A tenant has a licence less.
    EntitlementRevoked,
    /// registration-service has a new patient.
    PatientRegistered,
    /// identity-service has a new user, who may be a patient.
    UserRegistered,
    /// A user is locked at the identity provider.
    UserSuspended,
    /// A user is gone from the identity provider.
    UserDeactivated,
    /// Sessions of a user were ended at the identity provider.
    SessionRevoked,
    /// A patient's data changed at registration-service.
    PatientUpdated,
    /// A patient died, or was said to have by mistake.
    VitalStatusChanged,
    /// Two records turned out to be one person's.
    PatientMerged,
    /// Records of a patient changed at a clinical service.
    Records(RecordEventKind),
}

/// Kinds beside those about records.
const OTHERS: [PlatformEventKind; 13] = [
    PlatformEventKind::TenantActivated,
    PlatformEventKind::TenantSuspended,
    PlatformEventKind::TenantConfigChanged,
    PlatformEventKind::EntitlementGranted,
    PlatformEventKind::EntitlementRevoked,
    PlatformEventKind::PatientRegistered,
    PlatformEventKind::UserRegistered,
    PlatformEventKind::UserSuspended,
    PlatformEventKind::UserDeactivated,
    PlatformEventKind::SessionRevoked,
    PlatformEventKind::PatientUpdated,
    PlatformEventKind::VitalStatusChanged,
    PlatformEventKind::PatientMerged,
];

impl PlatformEventKind {
    /// Every kind.
    pub fn all() -> impl Iterator<Item = Self> {
        let records = RecordEventKind::ALL.into_iter().map(Self::Records);
        OTHERS.into_iter().chain(records)
    }

    /// The type, or family of types, that the platform gives it by default, which is also its name
    /// in settings.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::TenantActivated => "tenant.tenant.activated.v1",
            Self::TenantSuspended => "tenant.tenant.suspended.v1",
            Self::TenantConfigChanged => "tenant.config.changed.v1",
            Self::EntitlementGranted => "licensing.entitlement.granted.v1",
            Self::EntitlementRevoked => "licensing.entitlement.revoked.v1",
            Self::PatientRegistered => "IDENTITY.patient.registered.v1",
            Self::UserRegistered => "identity.user.registered.v1",
            Self::UserSuspended => "identity.user.suspended.v1",
            Self::UserDeactivated => "identity.user.deactivated.v1",
            Self::SessionRevoked => "identity.session.revoked.v1",
            Self::PatientUpdated => "registration.patient.updated.v1",
            Self::VitalStatusChanged => "registration.patient.vital-status-changed.v1",
            Self::PatientMerged => "registration.patient.merged.v1",
            Self::Records(kind) => kind.as_str(),
        }
    }

    /// The kind of a name in settings.
    pub fn parse(text: &str) -> Option<Self> {
        Self::all().find(|kind| kind.as_str() == text)
    }

    /// Whether it takes something away: then it acts on its word alone, and one that is given up
    /// must be looked at by somebody.
    pub const fn restricts(self) -> bool {
        matches!(
            self,
            Self::TenantSuspended
                | Self::EntitlementRevoked
                | Self::UserSuspended
                | Self::UserDeactivated
                | Self::SessionRevoked
                | Self::VitalStatusChanged
        )
    }
}

/// A user of an identity provider, as events name them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedUser {
    /// Whose user; without it, of whichever issuer serves the tenant.
    pub issuer: Option<Issuer>,
    /// Who.
    pub subject: Subject,
}

/// An event with what it names.
#[derive(Clone, PartialEq, Eq)]
pub enum PlatformEvent {
    /// The tenant of the envelope.
    TenantActivated,
    /// The tenant of the envelope.
    TenantSuspended,
    /// The tenant of the envelope.
    TenantConfigChanged,
    /// Which licence is not asked of the event: all are read anew.
    EntitlementChanged,
    /// A patient of registration-service; none for a user who is no patient.
    Registered(Option<PatientId>),
    /// A user who is to be locked out.
    UserLocked(NamedUser),
    /// One session of an issuer's, or of whichever issuer serves the tenant.
    SessionRevoked(Option<Issuer>, Box<str>),
    /// All sessions of a user.
    SessionsRevoked(NamedUser),
    /// A patient.
    PatientUpdated(PatientId),
    /// A patient, and whether they have died.
    VitalStatusChanged(PatientId, bool),
    /// Two records of one person.
    PatientMerged {
        /// The one that is no more.
        retired: PatientId,
        /// The one that took its place.
        surviving: PatientId,
    },
    /// Records of a source, of a patient if it is about one.
    RecordsChanged(Option<PatientId>, Source),
}

impl PlatformEvent {
    /// Reads what an event of a kind names.
    pub fn of(kind: PlatformEventKind, envelope: &Envelope) -> Result<Self, EventFault> {
        use PlatformEventKind as Kind;
        let data = &envelope.data;
        Ok(match kind {
            Kind::TenantActivated => Self::TenantActivated,
            Kind::TenantSuspended => Self::TenantSuspended,
            Kind::TenantConfigChanged => Self::TenantConfigChanged,
            Kind::EntitlementGranted | Kind::EntitlementRevoked => Self::EntitlementChanged,
            Kind::PatientRegistered => Self::Registered(Some(patient(data, "patientId")?)),
            Kind::UserRegistered => Self::Registered(registered(data)?),
            Kind::UserSuspended | Kind::UserDeactivated => Self::UserLocked(user(data)?),
            Kind::SessionRevoked => session(data)?,
            Kind::PatientUpdated => Self::PatientUpdated(patient(data, "patientId")?),
            Kind::VitalStatusChanged => {
                Self::VitalStatusChanged(patient(data, "patientId")?, deceased(data)?)
            }
            Kind::PatientMerged => merged(data)?,
            Kind::Records(kind) => Self::RecordsChanged(kind.patient(data)?, kind.source()),
        })
    }
}

fn patient(data: &Map<String, Value>, name: &'static str) -> Result<PatientId, EventFault> {
    PatientId::parse(text(data, name)?).map_err(|_| EventFault::Malformed(name))
}

fn registered(data: &Map<String, Value>) -> Result<Option<PatientId>, EventFault> {
    optional_text(data, "patientId")?
        .map(|id| PatientId::parse(id).map_err(|_| EventFault::Malformed("patientId")))
        .transpose()
}

fn issuer(data: &Map<String, Value>) -> Result<Option<Issuer>, EventFault> {
    optional_text(data, "issuer")?
        .map(|issuer| Issuer::parse(issuer).map_err(|_| EventFault::Malformed("issuer")))
        .transpose()
}

fn user(data: &Map<String, Value>) -> Result<NamedUser, EventFault> {
    let subject = Subject::parse(text(data, "subject")?);
    Ok(NamedUser {
        issuer: issuer(data)?,
        subject: subject.map_err(|_| EventFault::Malformed("subject"))?,
    })
}

fn session(data: &Map<String, Value>) -> Result<PlatformEvent, EventFault> {
    match optional_text(data, "sessionId")? {
        Some("") => Err(EventFault::Malformed("sessionId")),
        Some(session) => Ok(PlatformEvent::SessionRevoked(issuer(data)?, session.into())),
        None => Ok(PlatformEvent::SessionsRevoked(user(data)?)),
    }
}

fn deceased(data: &Map<String, Value>) -> Result<bool, EventFault> {
    match data.get("deceased") {
        Some(Value::Bool(deceased)) => Ok(*deceased),
        Some(_) => Err(EventFault::Malformed("deceased")),
        None => Err(EventFault::Missing("deceased")),
    }
}

fn merged(data: &Map<String, Value>) -> Result<PlatformEvent, EventFault> {
    let retired = patient(data, "patientId")?;
    let surviving = patient(data, "survivingPatientId")?;
    if retired == surviving {
        return Err(EventFault::Contradicts("survivingPatientId"));
    }
    Ok(PlatformEvent::PatientMerged { retired, surviving })
}

#[cfg(test)]
#[path = "platform_event_tests.rs"]
mod tests;
