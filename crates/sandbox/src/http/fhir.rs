//! The sources' FHIR interactions, and the faults in their way.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;

use super::answer::{Answer, Call, FHIR_JSON, answer, foreign_entries};
use super::{bad, bomb, rest, service};
use crate::calls::RecordedCall;
use crate::fault::{Mode, Turn};
use crate::search::Search;
use crate::source::Source;
use crate::world::World;

/// The longest that a hanging or dripping answer lasts.
const PATIENCE: Duration = Duration::from_mins(1);

/// `/{source}/fhir/…`: records the call, meets the faults, answers.
pub(super) async fn serve(
    State(world): State<Arc<World>>,
    Path((source, path)): Path<(String, String)>,
    request: Incoming,
) -> Response {
    match Source::named(&source).filter(|source| source.is_fhir()) {
        Some(source) => answered(world, source, path, request).await,
        None => super::admin::unknown_source(),
    }
}

/// `/identity/…`: as [`serve`].
pub(super) async fn serve_identity(
    State(world): State<Arc<World>>,
    Path(path): Path<String>,
    request: Incoming,
) -> Response {
    answered(world, Source::Identity, path, request).await
}

async fn answered(world: Arc<World>, source: Source, path: String, request: Incoming) -> Response {
    if let Some(path) = path.strip_prefix("moved/").filter(|_| !source.is_fhir()) {
        let call = recorded(&world, source, path.to_owned(), request);
        return answer(&world, &call).into_response();
    }
    let authorization = request.2.get(header::AUTHORIZATION).cloned();
    // No question about records, and so not among the calls.
    if path == ".well-known/smart-configuration" {
        return Json(service::configuration(&world)).into_response();
    }
    let call = recorded(&world, source, path, request);
    let shown = authorization.as_ref().and_then(|value| value.to_str().ok());
    if !world.services().admits(source, shown) {
        return service::unauthorized();
    }
    let turn = world.faults().next_turn(source);
    if !world.pause(turn.latency).await {
        return stopping();
    }
    if let Some(status) = turn.error {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
        return Answer::Refusal(status, "a fault that was asked for").into_response();
    }
    misbehave(&world, &call, &turn).await
}

/// `GET /{source}/moved/…`: where redirects and stray `next` links lead; it
/// answers rightly, so that a client that follows them gets what it should not.
pub(super) async fn serve_moved(
    State(world): State<Arc<World>>,
    Path((source, path)): Path<(String, String)>,
    request: Incoming,
) -> Response {
    let Some(source) = Source::named(&source) else {
        return super::admin::unknown_source();
    };
    let call = recorded(&world, source, path, request);
    answer(&world, &call).into_response()
}

/// A request as it came, its body read.
pub(super) type Incoming = (Method, Uri, HeaderMap, Bytes);

fn recorded(
    world: &World,
    source: Source,
    path: String,
    (method, uri, headers, body): Incoming,
) -> Call {
    let call = RecordedCall::new(&method, &uri, &headers);
    let header = |name| call.header(name).map(str::to_owned);
    let recorded = Call {
        source,
        tenant: header("x-tenant-id"),
        path,
        query: uri.query().unwrap_or_default().to_owned(),
        method,
        idempotency_key: header("idempotency-key"),
        body,
    };
    world.calls().record(source, call);
    recorded
}

fn stopping() -> Response {
    Answer::Refusal(StatusCode::SERVICE_UNAVAILABLE, "the sandbox is stopping").into_response()
}

async fn misbehave(world: &Arc<World>, call: &Call, turn: &Turn) -> Response {
    match turn.mode {
        Mode::None => answer(world, call).into_response(),
        Mode::Hang => hang(world).await,
        Mode::Garbage => fhir_json(Body::from(bad::GARBAGE)),
        Mode::Oversize => fhir_json(bad::oversize(&call.query)),
        Mode::GzipBomb => (
            [(header::CONTENT_ENCODING, "gzip")],
            fhir_json(bomb::body()),
        )
            .into_response(),
        Mode::Deep => fhir_json(Body::from(bad::deep())),
        Mode::SlowDrip => fhir_json(bad::drip(
            &answer(world, call).body(),
            Arc::clone(world),
            PATIENCE,
        )),
        Mode::Redirect => {
            ([(header::LOCATION, moved(world, call))], StatusCode::FOUND).into_response()
        }
        Mode::Truncated => {
            let body = answer(world, call).body();
            fhir_json(Body::from(body.slice(..body.len() / 2)))
        }
        Mode::WrongContentType => {
            let body = answer(world, call).body();
            ([(header::CONTENT_TYPE, "text/html")], body).into_response()
        }
        Mode::ForeignEntries | Mode::NextElsewhere | Mode::DuplicateMembers | Mode::ManyPages => {
            bent(world, call, turn).into_response()
        }
    }
}

async fn hang(world: &World) -> Response {
    if world.pause(PATIENCE).await {
        Answer::Refusal(StatusCode::GATEWAY_TIMEOUT, "it hung").into_response()
    } else {
        stopping()
    }
}

fn fhir_json(body: Body) -> Response {
    ([(header::CONTENT_TYPE, FHIR_JSON)], body).into_response()
}

/// The same call under another path of this server.
fn moved(world: &World, call: &Call) -> String {
    format!(
        "{}/{}/moved/{}?{}",
        world.origin,
        call.source.name(),
        call.path,
        call.query
    )
}

/// The right answer with its links or entries bent.
fn bent(world: &World, call: &Call, turn: &Turn) -> Answer {
    match (answer(world, call), turn.mode) {
        (Answer::Page(mut page), Mode::ForeignEntries) => {
            page.entries.extend(foreign_entries(world, call));
            Answer::Page(page)
        }
        (Answer::Page(mut page), Mode::NextElsewhere) => {
            page.next_url = Some(if turn.met.is_multiple_of(2) {
                let path = format!("/{}/fhir/{}", call.source.name(), call.path);
                format!("{}{path}?{}", elsewhere(&world.origin), call.query)
            } else {
                moved(world, call)
            });
            Answer::Page(page)
        }
        (Answer::Page(mut page), Mode::ManyPages) => {
            page.next_url = same_page_again(world, call, turn.met);
            Answer::Page(page)
        }
        (Answer::Page(mut page), Mode::DuplicateMembers) => {
            for entry in &mut page.entries {
                entry.resource = bad::doubled(&entry.resource);
            }
            Answer::Page(page)
        }
        (Answer::Resource(bytes), Mode::ForeignEntries) => {
            rest::foreign_patient(world, call).unwrap_or(Answer::Resource(bytes))
        }
        (Answer::Json(status, bytes), Mode::ForeignEntries) => {
            rest::foreign_statements(world, call).unwrap_or(Answer::Json(status, bytes))
        }
        (Answer::Resource(bytes), Mode::DuplicateMembers) => Answer::Resource(bad::doubled(&bytes)),
        (answer, _) => answer,
    }
}

/// An address of this page that was never handed out before.
fn same_page_again(world: &World, call: &Call, turn: u32) -> Option<String> {
    let search = Search::parse(&call.query).ok()?;
    let page = search.page_from(search.offset);
    Some(format!(
        "{}/{}?{page}&_turn={turn}",
        world.base_url(call.source),
        call.path
    ))
}

/// Another origin that leads here all the same where this host has two names,
/// so that a client that follows it shows up among the calls.
fn elsewhere(origin: &str) -> String {
    match origin.strip_prefix("http://127.0.0.1:") {
        Some(port) => format!("http://localhost:{port}"),
        None => "http://elsewhere.invalid".to_owned(),
    }
}
