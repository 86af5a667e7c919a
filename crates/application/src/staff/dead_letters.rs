//! Events that the relay gave up, for staff.

use async_trait::async_trait;
use portal_domain::access::{StaffAction, StaffGrant};
use portal_domain::id::OutboxEventId;

use super::accounts::binding;
use super::decide::About;
use super::desk::StaffDesk;
use super::look::StaffLook;
use super::{StaffCaller, operation};
use crate::body::WriteRequest;
use crate::error::AccessError;
use crate::input::{Parameters, invalid};
use crate::ports::DeadLetter;

/// A page of them.
#[derive(Debug)]
pub struct DeadLetterPage {
    /// By their ids.
    pub letters: Vec<DeadLetter>,
    /// Where the next page begins.
    pub next: Option<String>,
}

/// `GET outbox/dead-letters`
pub(super) struct ListDeadLetters<'a> {
    pub(super) raw: &'a [(String, String)],
}

/// `POST outbox/dead-letters/{id}/replay`
pub(super) struct Replay<'a> {
    pub(super) id: &'a str,
    pub(super) request: &'a WriteRequest,
}

#[async_trait]
impl StaffLook for ListDeadLetters<'_> {
    type Shown = DeadLetterPage;

    fn action(&self) -> StaffAction {
        operation::LIST_DEAD_LETTERS
    }

    async fn look(
        &self,
        desk: &StaffDesk,
        grant: &StaffGrant,
        _: &StaffCaller,
    ) -> Result<(DeadLetterPage, About), AccessError> {
        let parameters = Parameters::read(self.raw, &["limit", "cursor"])?;
        let binding = binding(grant, &parameters);
        let after: Option<String> = desk.inner.unseal(&binding, parameters.get("cursor"))?;
        let after = after.and_then(|id| id.parse().ok());
        let limit = parameters.limit()?;
        let asked = u16::try_from(limit + 1).map_err(|_| invalid("limit"))?;
        let tenant = &grant.tenant().id;
        let found = desk.staff.dead_letters.dead_letters(tenant, asked, after);
        let mut letters = found.await?;
        let more = letters.len() > limit;
        letters.truncate(limit);
        let last = letters.last().filter(|_| more);
        let next = last.map(|last| desk.inner.seal(&binding, &last.event_id.to_string()));
        let about = About::many(letters.iter().map(|one| one.event_id));
        Ok((DeadLetterPage { letters, next }, about))
    }
}

/// The outbox is the relay's, so this is no change of a unit of work: doing it again changes
/// nothing, and the journal has the attempt before the answer.
#[async_trait]
impl StaffLook for Replay<'_> {
    type Shown = ();

    fn action(&self) -> StaffAction {
        operation::REPLAY_DEAD_LETTER
    }

    async fn look(
        &self,
        desk: &StaffDesk,
        grant: &StaffGrant,
        _: &StaffCaller,
    ) -> Result<((), About), AccessError> {
        self.request.expect_nothing()?;
        let id: OutboxEventId = self.id.parse().map_err(|_| AccessError::NotFound)?;
        let tenant = &grant.tenant().id;
        if !desk.staff.dead_letters.replay(tenant, id).await? {
            return Err(AccessError::NotFound);
        }
        Ok(((), About::one(&id, None)))
    }
}
