//! The access journal, from the side of the patient who reads it.

use async_trait::async_trait;
use jiff::Timestamp;
use portal_domain::access::PatientGrant;
use portal_domain::audit::{AccessLogEntry, ActorKind, EventType};
use portal_domain::id::PatientId;

use super::StoreError;

/// Which part of the log.
#[derive(Debug, Clone, Default)]
pub struct AccessLogFilter {
    /// At most this many entries (1–100).
    pub limit: u32,
    /// How many newer entries to leave out.
    pub offset: u32,
    /// Not before.
    pub from: Option<Timestamp>,
    /// Before.
    pub to: Option<Timestamp>,
    /// Of this type only.
    pub event_type: Option<EventType>,
    /// By this kind of actor only.
    pub actor: Option<ActorKind>,
}

/// A page of the log, newest first.
#[derive(Debug, Default)]
pub struct AccessLogPage {
    /// The entries.
    pub entries: Vec<AccessLogEntry>,
    /// How many the filter has in all.
    pub total: u64,
}

/// A stretch of the log, from one of its ends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LogWindow {
    /// Not before.
    pub from: Option<Timestamp>,
    /// Before.
    pub to: Option<Timestamp>,
    /// Whether the oldest entries are taken where there are too many, and not the newest.
    pub oldest_first: bool,
    /// At most this many.
    pub limit: usize,
}

/// An event, and whose record it is about.
#[derive(Debug, Clone)]
pub struct PatientEvent {
    /// Whose record.
    pub patient: PatientId,
    /// The event.
    pub entry: AccessLogEntry,
}

/// Reads the log of the patient of a grant.
#[async_trait]
pub trait AccessLog: Send + Sync {
    /// The page that the filter names, of the events about the grant's patient or account.
    async fn page(
        &self,
        grant: &PatientGrant,
        filter: &AccessLogFilter,
    ) -> Result<AccessLogPage, StoreError>;

    /// The events about the grant's patient in a window, from its end on; none where it has no patient.
    async fn window(
        &self,
        grant: &PatientGrant,
        window: &LogWindow,
    ) -> Result<Vec<PatientEvent>, StoreError>;
}
