//! The access log, for the patient whose it is. Reading it is itself written down.

use async_trait::async_trait;
use portal_domain::access::{Action, PatientGrant};
use portal_domain::audit::{AccessLogEntry, ActorKind, EventType};
use portal_domain::disclosure::Answer;

use crate::caller::Caller;
use crate::error::{AccessError, InputError};
use crate::input::{Parameters, invalid};
use crate::look::{Look, Seen};
use crate::operation;
use crate::portal::Inner;
use crate::ports::AccessLogFilter;

/// A page of the log.
#[derive(Debug)]
pub struct AccessLogAnswer {
    /// The entries, newest first.
    pub entries: Vec<AccessLogEntry>,
    /// How many the filter has in all.
    pub total: u64,
    /// As asked for.
    pub limit: u32,
    /// As asked for.
    pub offset: u32,
}

/// `GET /v1/portal/me/access-log`
pub(crate) struct ReadAccessLog<'a> {
    pub(crate) raw: &'a [(String, String)],
}

#[async_trait]
impl Look for ReadAccessLog<'_> {
    type About = AccessLogAnswer;

    fn action(&self) -> Action {
        operation::LIST_ACCESS_LOG
    }

    async fn look(
        &self,
        portal: &Inner,
        grant: &PatientGrant,
        _: &Caller,
    ) -> Result<Seen<AccessLogAnswer>, AccessError> {
        let filter = filter(self.raw, grant)?;
        let page = portal.access_log.page(grant, &filter).await?;
        let about = AccessLogAnswer {
            entries: page.entries,
            total: page.total,
            limit: filter.limit,
            offset: filter.offset,
        };
        Ok(Seen {
            answer: Answer::default(),
            about,
        })
    }
}

fn filter(raw: &[(String, String)], grant: &PatientGrant) -> Result<AccessLogFilter, InputError> {
    let known = ["limit", "offset", "from", "to", "eventType", "actor"];
    let parameters = Parameters::read(raw, &known)?;
    let (from, to) = parameters.range(&grant.tenant().time_zone)?.bounds();
    let event_type = parameters
        .get("eventType")
        .map(|text| EventType::parse(text).ok_or_else(|| invalid("eventType")))
        .transpose()?;
    let actor = parameters
        .get("actor")
        .map(|text| ActorKind::parse(text).ok_or_else(|| invalid("actor")))
        .transpose()?;
    Ok(AccessLogFilter {
        limit: u32::try_from(parameters.limit()?).map_err(|_| invalid("limit"))?,
        offset: u32::try_from(parameters.offset()?).map_err(|_| invalid("offset"))?,
        from,
        to,
        event_type,
        actor,
    })
}
