//! Accounts and legal delegations of many people, line by line: each line has an outcome and an
//! entry of the journal of its own, a bad one takes nothing with it, and a revoked right ends the
//! import at the chunk that meets it.

mod account;
mod chunk;
mod delegation;
mod lines;

use std::sync::Arc;

use futures::StreamExt as _;
use futures::stream::{self, BoxStream};

pub use lines::{ImportEnded, Lines, MAX_LINES};

use chunk::{Importer, Kind, Line};

use super::StaffCaller;
use super::desk::StaffDesk;
use crate::error::AccessError;

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

impl ImportLine {
    const fn is_denied(&self) -> bool {
        matches!(self.outcome, Err(AccessError::Denied(_)))
    }
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
        self.inner.admit_staff(&caller, &kind.action()).await?;
        let importer = Importer {
            desk: self.clone(),
            caller,
            kind,
        };
        let chunks = read(lines).ready_chunks(kind.lines_together());
        let state = Some((Arc::new(importer), chunks));
        let outcomes = stream::unfold(state, |state| async move {
            let (importer, mut chunks) = state?;
            let outcomes = importer.carry_out(chunks.next().await?).await;
            let ended = outcomes.iter().any(ImportLine::is_denied);
            let state = (!ended).then_some((importer, chunks));
            Some((stream::iter(outcomes), state))
        });
        Ok(outcomes.flatten().boxed())
    }
}

fn read(lines: Lines) -> BoxStream<'static, Line> {
    let lines = stream::unfold(lines, |mut lines| async move {
        let line = lines.next().await?;
        Some((line, lines))
    });
    lines.boxed()
}
