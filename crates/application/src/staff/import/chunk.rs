//! Lines that are carried out one behind the other in one change, which stands or falls as a
//! whole. A line that is refused has written nothing, so it takes no other with it.

use std::sync::Arc;

use bytes::Bytes;
use metrics::counter;
use portal_domain::access::{Denial, StaffAction, StaffGrant};
use portal_domain::audit::{AccessEvent, Receipt, Recorded};

use super::super::StaffCaller;
use super::super::decide::About;
use super::super::desk::StaffDesk;
use super::super::operation;
use super::super::perform::ATTEMPTS;
use super::lines::LineFault;
use super::{ImportLine, ImportOutcome, account, delegation};
use crate::body::{BodyError, IdempotencyKey, RequestBody, WriteRequest};
use crate::error::{AccessError, InputError, Refusal};
use crate::ports::{StaffUnitOfWork, StoreError};

/// What is imported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Accounts.
    Accounts,
    /// Legal delegations.
    Delegations,
}

impl Kind {
    pub(super) const fn action(self) -> StaffAction {
        match self {
            Self::Accounts => operation::IMPORT_ACCOUNTS,
            Self::Delegations => operation::IMPORT_DELEGATIONS,
        }
    }

    /// How many lines make a chunk at most. A delegation holds the rows of its two people, and
    /// whoever holds those of several in another order would wait for the import, and it for them.
    pub(super) const fn lines_together(self) -> usize {
        match self {
            Self::Accounts => 32,
            Self::Delegations => 1,
        }
    }
}

/// A line as it was read, with its number.
pub(super) type Line = (usize, Result<Bytes, LineFault>);

/// What became of a line, and what the journal says of it.
pub(super) type LineDone = Result<(ImportOutcome, About), AccessError>;

/// Whose import it is.
pub(super) struct Importer {
    pub(super) desk: StaffDesk,
    pub(super) caller: StaffCaller,
    pub(super) kind: Kind,
}

impl Importer {
    /// Carries out a chunk as a task of its own, so that a reader who is slow to take outcomes
    /// keeps no transaction open.
    pub(super) async fn carry_out(self: &Arc<Self>, lines: Vec<Line>) -> Vec<ImportLine> {
        let numbers: Vec<usize> = lines.iter().map(|(number, _)| *number).collect();
        let importer = Arc::clone(self);
        let task = tokio::spawn(async move { importer.decided(&lines).await });
        match task.await.unwrap_or(Err(StoreError::Unavailable.into())) {
            Ok(outcomes) => outcomes,
            Err(error) => nothing_done(&numbers, error),
        }
    }

    async fn decided(&self, lines: &[Line]) -> Result<Vec<ImportLine>, AccessError> {
        for _ in 0..ATTEMPTS {
            if let Some(outcomes) = self.attempt(lines).await? {
                return Ok(outcomes);
            }
            counter!("portal_decisions_stale_total").increment(1);
        }
        Err(StoreError::Unavailable.into())
    }

    async fn attempt(&self, lines: &[Line]) -> Result<Option<Vec<ImportLine>>, AccessError> {
        let inner = &self.desk.inner;
        let grant = inner.admit_staff(&self.caller, &self.kind.action()).await?;
        let (version, request_id) = (grant.tenant().version, &self.caller.request.request_id);
        let units = &self.desk.staff.units;
        let Some(mut work) = units.begin(&grant, Some(version), request_id).await? else {
            return Ok(None);
        };
        let mut done = Vec::with_capacity(lines.len());
        for line in lines {
            done.push((line.0, self.line(&grant, line, &mut *work).await?));
        }
        let receipts = self.commit(work, &done).await?;
        Ok(Some(self.written_down(done, receipts).await))
    }

    /// One line. An error of the store fails the change.
    async fn line(
        &self,
        grant: &StaffGrant,
        (number, line): &Line,
        work: &mut dyn StaffUnitOfWork,
    ) -> Result<LineDone, StoreError> {
        let text = match line {
            Ok(text) => text.clone(),
            Err(fault) => return Ok(Err(unreadable(*number, *fault))),
        };
        let request = WriteRequest {
            parameters: Vec::new(),
            body: RequestBody::Json(text),
            idempotency_key: IdempotencyKey::Absent,
            if_match: None,
        };
        let done = match self.kind {
            Kind::Accounts => account::import(&self.desk, grant, &request, work).await,
            Kind::Delegations => delegation::import(&self.desk, grant, &request, work).await,
        };
        match done {
            Err(AccessError::Store(error)) => Err(error),
            done => Ok(done),
        }
    }

    /// A receipt for each line that was not refused.
    async fn commit(
        &self,
        work: Box<dyn StaffUnitOfWork>,
        done: &[(usize, LineDone)],
    ) -> Result<Vec<Receipt>, AccessError> {
        let done = done.iter().filter_map(|(_, done)| done.as_ref().ok());
        let events = done.map(|(_, about)| self.event(about.clone()));
        let events: Vec<AccessEvent> = events.collect::<Result<_, _>>()?;
        if events.is_empty() {
            return Ok(Vec::new());
        }
        Ok(work.commit_all(events).await?)
    }

    fn event(&self, about: About) -> Result<AccessEvent, Denial> {
        let inner = &self.desk.inner;
        let event = inner.staff_event(&self.caller, &self.kind.action(), about);
        event.ok_or(Denial::TenantClaimRequired)
    }

    /// Each line's outcome, once that is in the journal.
    async fn written_down(
        &self,
        done: Vec<(usize, LineDone)>,
        receipts: Vec<Receipt>,
    ) -> Vec<ImportLine> {
        let mut receipts = receipts.into_iter();
        let mut outcomes = Vec::with_capacity(done.len());
        for (number, done) in done {
            let outcome = match done {
                Ok((made, _)) => receipted(made, receipts.next()),
                Err(error) => Err(self.refused(error).await),
            };
            outcomes.push(ImportLine { number, outcome });
        }
        outcomes
    }

    async fn refused(&self, error: AccessError) -> AccessError {
        match self.desk.inner.journal.reserve() {
            Ok(place) => {
                let action = self.kind.action();
                self.desk.failed(&self.caller, &action, place, error).await
            }
            Err(store) => store.into(),
        }
    }
}

fn receipted(made: ImportOutcome, receipt: Option<Receipt>) -> Result<ImportOutcome, AccessError> {
    let receipt = receipt.ok_or(StoreError::Corrupt)?;
    Ok(Recorded::new(made, receipt).value().clone())
}

fn unreadable(number: usize, fault: LineFault) -> AccessError {
    match fault {
        LineFault::TooMany => Refusal::LimitReached.into(),
        LineFault::TooLong => InputError::Body(BodyError::TooLarge).into(),
        LineFault::Ended => InputError::Body(BodyError::Malformed {
            line: number,
            column: 1,
        })
        .into(),
    }
}

/// A chunk of which nothing stands. A denial is said once, for the import ends with it.
fn nothing_done(numbers: &[usize], error: AccessError) -> Vec<ImportLine> {
    let denied = matches!(error, AccessError::Denied(_));
    let said = if denied { 1 } else { numbers.len() };
    let mut error = Some(error);
    let outcome = |number: &usize| ImportLine {
        number: *number,
        outcome: Err(error.take().unwrap_or(StoreError::Unavailable.into())),
    };
    numbers.iter().take(said).map(outcome).collect()
}
