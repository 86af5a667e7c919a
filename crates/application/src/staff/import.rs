//! Accounts and legal delegations of many people, line by line: each line is decided, carried out
//! and written down by itself, so that a bad one takes nothing with it and a revoked right ends
//! the rest.

mod account;
mod delegation;
mod lines;

use bytes::Bytes;
use futures::StreamExt as _;
use futures::stream::{self, BoxStream};

pub use lines::{ImportEnded, Lines, MAX_LINES};

use account::ImportAccount;
use delegation::ImportDelegation;

use super::desk::StaffDesk;
use super::{StaffCaller, operation};
use crate::body::{BodyError, IdempotencyKey, RequestBody, WriteRequest};
use crate::error::{AccessError, InputError, Refusal};
use lines::LineFault;

/// What is imported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Accounts,
    Delegations,
}

/// What a line led to: ids of the portal's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ImportOutcome {
    /// It was made.
    Created(String),
    /// It was there already.
    Unchanged(String),
}

/// One line and what became of it. Nothing of the line itself is said again.
#[derive(Debug)]
pub struct ImportLine {
    /// Counted from 1.
    pub number: usize,
    /// What became of it.
    pub outcome: Result<ImportOutcome, AccessError>,
}

struct Importing {
    desk: StaffDesk,
    caller: StaffCaller,
    kind: Kind,
    lines: Lines,
    ended: bool,
}

impl StaffDesk {
    /// Makes a pending account for the patient of each line; a line's outcome behind each.
    pub async fn import_accounts(
        &self,
        caller: StaffCaller,
        lines: Lines,
    ) -> Result<BoxStream<'static, ImportLine>, AccessError> {
        self.import(caller, Kind::Accounts, lines).await
    }

    /// Puts up a legal delegation for each line; a line's outcome behind each.
    pub async fn import_delegations(
        &self,
        caller: StaffCaller,
        lines: Lines,
    ) -> Result<BoxStream<'static, ImportLine>, AccessError> {
        self.import(caller, Kind::Delegations, lines).await
    }

    async fn import(
        &self,
        caller: StaffCaller,
        kind: Kind,
        lines: Lines,
    ) -> Result<BoxStream<'static, ImportLine>, AccessError> {
        let action = match kind {
            Kind::Accounts => operation::IMPORT_ACCOUNTS,
            Kind::Delegations => operation::IMPORT_DELEGATIONS,
        };
        self.inner.admit_staff(&caller, &action).await?;
        let importing = Importing {
            desk: self.clone(),
            caller,
            kind,
            lines,
            ended: false,
        };
        let outcomes = stream::unfold(importing, |mut importing| async move {
            let line = importing.next().await?;
            Some((line, importing))
        });
        Ok(outcomes.boxed())
    }
}

impl Importing {
    async fn next(&mut self) -> Option<ImportLine> {
        if self.ended {
            return None;
        }
        let (number, line) = self.lines.next().await?;
        let outcome = match line {
            Err(LineFault::TooMany) => Err(Refusal::LimitReached.into()),
            Ok(text) => carry_out((&self.desk, &self.caller), self.kind, text).await,
            Err(LineFault::TooLong) => Err(InputError::Body(BodyError::TooLarge).into()),
            Err(LineFault::Ended) => Err(InputError::Body(BodyError::Malformed {
                line: number,
                column: 1,
            })
            .into()),
        };
        self.ended = matches!(outcome, Err(AccessError::Denied(_)));
        Some(ImportLine { number, outcome })
    }
}

async fn carry_out(
    (desk, caller): (&StaffDesk, &StaffCaller),
    kind: Kind,
    text: Bytes,
) -> Result<ImportOutcome, AccessError> {
    let request = WriteRequest {
        parameters: Vec::new(),
        body: RequestBody::Json(text),
        idempotency_key: IdempotencyKey::Absent,
        if_match: None,
    };
    let done = match kind {
        Kind::Accounts => {
            let act = ImportAccount { request };
            desk.perform(caller, &act).await
        }
        Kind::Delegations => {
            let act = ImportDelegation { request };
            desk.perform(caller, &act).await
        }
    };
    done.map(|recorded| recorded.value().made.clone())
}
