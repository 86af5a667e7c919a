//! Accounts and legal delegations of many people, line by line: each line is decided, carried out
//! and written down by itself, so that a bad one takes nothing with it, and a revoked right ends
//! the import behind the lines that are on their way.

mod account;
mod delegation;
mod lines;

use std::hash::{BuildHasher as _, RandomState};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use futures::StreamExt as _;
use futures::stream::{self, BoxStream};
use tokio::sync::Mutex;

pub use lines::{ImportEnded, Lines, MAX_LINES};

use account::ImportAccount;
use delegation::ImportDelegation;

use super::desk::StaffDesk;
use super::{StaffCaller, operation};
use crate::body::{BodyError, IdempotencyKey, RequestBody, WriteRequest};
use crate::error::{AccessError, InputError, Refusal};
use crate::ports::StoreError;
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

/// Lines that are carried out beside each other. Each holds a connection of the pool that serves
/// requests, which has ten.
const BESIDE: usize = 6;
/// Lines of one text wait for each other, so that the first is the one that makes something. Two
/// texts that share a stripe wait in vain, which only takes time.
const STRIPES: usize = 64;

/// Whose import it is.
struct Importer {
    desk: StaffDesk,
    caller: StaffCaller,
    kind: Kind,
    /// A line was denied: none is begun any more.
    ended: AtomicBool,
}

/// An import on its way.
struct Importing {
    importer: Arc<Importer>,
    lines: Lines,
    hasher: RandomState,
    stripes: [Arc<Mutex<()>>; STRIPES],
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
        let importer = Importer {
            desk: self.clone(),
            caller,
            kind,
            ended: AtomicBool::new(false),
        };
        let importing = Importing {
            importer: Arc::new(importer),
            lines,
            hasher: RandomState::new(),
            stripes: std::array::from_fn(|_| Arc::default()),
        };
        let begun = stream::unfold(importing, |mut importing| async move {
            let line = importing.begin().await?;
            Some((line, importing))
        });
        Ok(begun.buffered(BESIDE).boxed())
    }
}

impl Importing {
    /// Begins the next line as a task of its own, so that a reader who is slow to take outcomes
    /// keeps no transaction open.
    async fn begin(&mut self) -> Option<impl Future<Output = ImportLine> + use<>> {
        if self.importer.ended.load(Ordering::Relaxed) {
            return None;
        }
        let (number, line) = self.lines.next().await?;
        let turn = match &line {
            Ok(text) => Some(self.stripe(text).lock_owned().await),
            Err(_) => None,
        };
        let importer = Arc::clone(&self.importer);
        let task = tokio::spawn(async move {
            let _turn = turn;
            importer.outcome(number, line).await
        });
        Some(async move {
            let outcome = task.await.unwrap_or(Err(StoreError::Unavailable.into()));
            ImportLine { number, outcome }
        })
    }

    fn stripe(&self, text: &Bytes) -> Arc<Mutex<()>> {
        let stripe = self.hasher.hash_one(text) % STRIPES as u64;
        Arc::clone(&self.stripes[usize::try_from(stripe).unwrap_or(0)])
    }
}

impl Importer {
    async fn outcome(
        &self,
        number: usize,
        line: Result<Bytes, LineFault>,
    ) -> Result<ImportOutcome, AccessError> {
        let outcome = match line {
            Ok(text) => carry_out((&self.desk, &self.caller), self.kind, text).await,
            Err(LineFault::TooMany) => Err(Refusal::LimitReached.into()),
            Err(LineFault::TooLong) => Err(InputError::Body(BodyError::TooLarge).into()),
            Err(LineFault::Ended) => Err(InputError::Body(BodyError::Malformed {
                line: number,
                column: 1,
            })
            .into()),
        };
        if matches!(outcome, Err(AccessError::Denied(_))) {
            self.ended.store(true, Ordering::Relaxed);
        }
        outcome
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
