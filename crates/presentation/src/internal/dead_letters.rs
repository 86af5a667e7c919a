//! Events that were given up.

use axum::extract::{Path, State};
use axum::response::Response;
use jiff::Timestamp;
use portal_application::ports::DeadLetter;
use portal_application::staff::DeadLetterPage;
use portal_domain::access::Surface;
use serde::Serialize;
use utoipa::ToSchema;

use super::InternalFaces;
use super::caller::InternalCaller;
use crate::disclosure;
use crate::fault::Fault;
use crate::problem::Problem;
use crate::sent::Sent;

/// A page of events that were given up.
#[derive(Serialize, ToSchema)]
#[schema(as = DeadLetterPage)]
#[serde(rename_all = "camelCase")]
pub(super) struct PageView<'a> {
    /// By their ids.
    data: Vec<LetterView<'a>>,
    /// Where the next page begins; none behind the last.
    next_cursor: Option<&'a str>,
}

/// An event that was given up, without its data.
#[derive(Serialize, ToSchema)]
#[schema(as = DeadLetter)]
#[serde(rename_all = "camelCase")]
pub(super) struct LetterView<'a> {
    /// Its id.
    event_id: String,
    /// The `CloudEvents` type.
    event_type: &'a str,
    /// What it happened to.
    aggregate_id: &'a str,
    #[schema(value_type = String, format = DateTime)]
    occurred_at: Timestamp,
    /// How often it failed.
    attempts: u32,
    /// When it was given up.
    #[schema(value_type = String, format = DateTime)]
    dead_at: Timestamp,
    /// Why: a code.
    reason: &'a str,
}

/// An event that is published after all.
#[derive(Serialize, ToSchema)]
pub(super) struct Replayed {
    /// Always true.
    replayed: bool,
}

fn letter(letter: &DeadLetter) -> LetterView<'_> {
    LetterView {
        event_id: letter.event_id.to_string(),
        event_type: &letter.event_type,
        aggregate_id: &letter.aggregate_id,
        occurred_at: letter.occurred_at,
        attempts: letter.attempts,
        dead_at: letter.dead_at,
        reason: &letter.reason,
    }
}

fn page(page: &DeadLetterPage) -> PageView<'_> {
    PageView {
        data: page.letters.iter().map(letter).collect(),
        next_cursor: page.next.as_deref(),
    }
}

/// Events that were given up
#[utoipa::path(
    get,
    path = "/internal/portal/outbox/dead-letters",
    operation_id = "listDeadLetters",
    tag = "operations",
    security(("bearer" = ["portal-admin"])),
    params(
        ("limit" = Option<u32>, Query, description = "1 to 100; 20 unless said", minimum = 1, maximum = 100),
        ("cursor" = Option<String>, Query, description = "Where the page begins"),
    ),
    responses(
        (status = 200, description = "A page", body = PageView, content_type = "application/json"),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn list_dead_letters(
    State(faces): State<InternalFaces>,
    asked: InternalCaller,
) -> Result<Response, Fault> {
    let raw = &asked.parameters;
    let found = faces.desk.dead_letters(&asked.caller, raw).await;
    let found = found.map_err(Fault::on(Surface::Portal))?;
    disclosure::recorded(&found, page, &asked.exchange)
}

/// Publish one after all
#[utoipa::path(
    post,
    path = "/internal/portal/outbox/dead-letters/{id}/replay",
    operation_id = "replayDeadLetter",
    tag = "operations",
    security(("bearer" = ["portal-admin"])),
    params(("id" = String, Path, description = "The event's id")),
    responses(
        (status = 200, description = "It waits for the relay again", body = Replayed, content_type = "application/json"),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn replay_dead_letter(
    State(faces): State<InternalFaces>,
    asked: InternalCaller,
    Path(id): Path<String>,
    sent: Sent,
) -> Result<Response, Fault> {
    let request = sent.with(asked.parameters);
    let replayed = faces.desk.replay(&asked.caller, &id, &request).await;
    let replayed = replayed.map_err(Fault::on(Surface::Portal))?;
    disclosure::recorded(&replayed, |()| Replayed { replayed: true }, &asked.exchange)
}
