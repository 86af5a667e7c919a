//! The content of a Binary: passed on as it arrives, within its cap, and only of types that no
//! browser runs.

use std::time::{Duration, Instant};

use bytes::Bytes;
use futures::stream::{self, Stream, StreamExt as _};
use portal_application::ports::{Content, ContentBroken, ContentRequest, SourceError};
use portal_fhir::reference::is_id;
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::{Response, StatusCode};
use tokio::sync::OwnedSemaphorePermit;

use super::call::{CallError, check_status, headers};
use super::guard::NotAsked;
use super::line::SourceLine;

/// Bytes of a content, after decompression.
const MAX_CONTENT: u64 = 50 * 1_024 * 1_024;
/// A source that sends nothing for so long has given up.
const SILENCE: Duration = Duration::from_secs(10);

/// What may leave: nothing that a browser would run (HTML, SVG, XML).
const MEDIA_TYPES: [&str; 14] = [
    "application/pdf",
    "application/dicom",
    "application/rtf",
    "application/octet-stream",
    "text/plain",
    "image/jpeg",
    "image/png",
    "image/gif",
    "image/webp",
    "image/tiff",
    "image/bmp",
    "audio/mpeg",
    "audio/wav",
    "video/mp4",
];
const UTF8_TEXT: &str = "text/plain; charset=utf-8";

/// Asks for a content and hands it on once its status, type and size are right.
pub(super) async fn open(
    line: &SourceLine,
    request: &ContentRequest,
) -> Result<Option<Content>, SourceError> {
    let tenant = request.target.tenant();
    let base = line.base(tenant).ok_or(SourceError::Unavailable)?;
    let url = is_id(&request.id).then(|| base.below(&["Binary", &request.id]));
    let Some(url) = url.flatten() else {
        return Ok(None);
    };
    let mut headers = headers(tenant, &request.context);
    // A FHIR type would bring the content as text within a resource.
    headers.insert(ACCEPT, accepted());
    let read = line.client().get(url).headers(headers).build();
    let read = read.map_err(|_| SourceError::Unavailable)?;
    let deadline = Instant::now() + line.timeout();
    let mut calls = line.calls(base, request.context.deadline.min(deadline));
    // A content runs for as long as its reader takes. It counts among the running contents, and
    // its place among the calls is free again as soon as its headers are here.
    let place = line.guard().stream(calls.deadline()).await;
    let place = place.map_err(|NotAsked| SourceError::Unavailable)?;
    let (response, exchange) = calls.open(&read).await?;
    let content = answered(response, place);
    exchange.ended(content.as_ref().err().copied(), false);
    Ok(content?)
}

fn answered(response: Response, place: OwnedSemaphorePermit) -> Result<Option<Content>, CallError> {
    match response.status() {
        StatusCode::NOT_FOUND | StatusCode::GONE => Ok(None),
        status if status.is_redirection() => Err(CallError::Refused),
        status => check_status(status)
            .and_then(|()| checked(response, place))
            .map(Some),
    }
}

fn accepted() -> HeaderValue {
    HeaderValue::from_str(&MEDIA_TYPES.join(", ")).expect("media types are visible ASCII")
}

fn checked(response: Response, place: OwnedSemaphorePermit) -> Result<Content, CallError> {
    let media_type = media_type(response.headers()).ok_or(CallError::Invalid)?;
    let length = response.content_length();
    if length.is_some_and(|length| length > MAX_CONTENT) {
        return Err(CallError::Invalid);
    }
    Ok(Content {
        media_type,
        length,
        chunks: chunks(response, place).boxed(),
    })
}

/// The media type as we say it ourselves; none for one that may not leave.
fn media_type(headers: &HeaderMap) -> Option<&'static str> {
    let mut values = headers.get_all(CONTENT_TYPE).iter();
    let text = values.next()?.to_str().ok()?;
    let mut parts = text.split(';').map(str::trim);
    let essence = parts.next()?;
    let mut known = MEDIA_TYPES.into_iter();
    let known = known.find(|known| known.eq_ignore_ascii_case(essence))?;
    let mut parameters = parts.filter_map(|part| part.split_once('='));
    let is_utf8 = parameters.any(|(name, value)| {
        name.eq_ignore_ascii_case("charset")
            && value.trim_matches('"').eq_ignore_ascii_case("utf-8")
    });
    let known = if known == "text/plain" && is_utf8 {
        UTF8_TEXT
    } else {
        known
    };
    values.next().is_none().then_some(known)
}

/// The body as it arrives. Whatever ends it early is an error, so that nobody takes a part of it
/// for the whole.
fn chunks(
    response: Response,
    place: OwnedSemaphorePermit,
) -> impl Stream<Item = Result<Bytes, ContentBroken>> + Send {
    stream::try_unfold(
        (response, 0, place),
        |(mut response, sent, place)| async move {
            let chunk = tokio::time::timeout(SILENCE, response.chunk()).await;
            let chunk = chunk.map_err(|_| ContentBroken)?;
            let Some(chunk) = chunk.map_err(|_| ContentBroken)? else {
                return Ok(None);
            };
            let sent = sent + chunk.len() as u64;
            if sent > MAX_CONTENT {
                return Err(ContentBroken);
            }
            Ok(Some((chunk, (response, sent, place))))
        },
    )
}

#[cfg(test)]
#[path = "content_tests.rs"]
mod tests;
