//! The access log of a tenant, for auditors. Reading it is itself written down.

use async_trait::async_trait;
use portal_domain::access::{StaffAction, StaffGrant};
use portal_domain::audit::{ActorKind, EventType};
use portal_domain::id::PatientId;

use super::accounts::binding;
use super::decide::About;
use super::desk::StaffDesk;
use super::look::StaffLook;
use super::{StaffCaller, operation};
use crate::error::{AccessError, InputError};
use crate::input::{Parameters, invalid};
use crate::ports::{CursorBinding, StaffLogEntry, StaffLogQuery};

/// A page of the log.
#[derive(Debug)]
pub struct StaffLogPage {
    /// The lines, newest first.
    pub entries: Vec<StaffLogEntry>,
    /// Where the next page begins.
    pub next: Option<String>,
}

/// `GET access-log`. By a cursor and without a total, so that a page costs the same however long
/// the log of the tenant is.
pub(super) struct ReadLog<'a> {
    pub(super) raw: &'a [(String, String)],
}

const KNOWN: [&str; 8] = [
    "accountId",
    "patientId",
    "from",
    "to",
    "eventType",
    "actor",
    "limit",
    "cursor",
];

#[async_trait]
impl StaffLook for ReadLog<'_> {
    type Shown = StaffLogPage;

    fn action(&self) -> StaffAction {
        operation::LIST_LOG
    }

    async fn look(
        &self,
        desk: &StaffDesk,
        grant: &StaffGrant,
        _: &StaffCaller,
    ) -> Result<(StaffLogPage, About), AccessError> {
        let parameters = Parameters::read(self.raw, &KNOWN)?;
        let binding = binding(grant, &parameters);
        let query = query((desk, grant), &parameters, &binding)?;
        let mut entries = desk.staff.records.access_log(grant, &query).await?;
        let more = entries.len() >= query.limit;
        entries.truncate(query.limit - 1);
        let last = entries.last().filter(|_| more);
        let next = last.map(|last| desk.inner.seal(&binding, &last.entry.id));
        let mut about = About::many(entries.iter().map(|one| &one.entry.id));
        about.patient = query.patient;
        Ok((StaffLogPage { entries, next }, about))
    }
}

fn query(
    (desk, grant): (&StaffDesk, &StaffGrant),
    parameters: &Parameters<'_>,
    binding: &CursorBinding,
) -> Result<StaffLogQuery, AccessError> {
    let (from, to) = parameters.range(&grant.tenant().time_zone)?.bounds();
    let before: Option<String> = desk.inner.unseal(binding, parameters.get("cursor"))?;
    Ok(StaffLogQuery {
        account: read(parameters, "accountId", |text| text.parse().ok())?,
        patient: read(parameters, "patientId", |text| PatientId::parse(text).ok())?,
        from,
        to,
        event_type: read(parameters, "eventType", EventType::parse)?,
        actor: read(parameters, "actor", ActorKind::parse)?,
        before: before.and_then(|id| id.parse().ok()),
        limit: parameters.limit()? + 1,
    })
}

fn read<T>(
    parameters: &Parameters<'_>,
    name: &'static str,
    parse: impl Fn(&str) -> Option<T>,
) -> Result<Option<T>, InputError> {
    let text = parameters.get(name);
    text.map(|text| parse(text).ok_or_else(|| invalid(name)))
        .transpose()
}
