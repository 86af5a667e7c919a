//! The content of a Binary: passed on as it arrives, within its cap, and only of types that no
//! browser runs.

use std::time::{Duration, Instant};

use bytes::Bytes;
use futures::stream::{self, Stream, StreamExt as _};
use portal_application::ports::{Content, ContentBroken, ContentRequest, SourceError};
use portal_domain::source::Source;
use portal_fhir::reference::is_id;
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::{Client, Response, StatusCode};

use crate::call_record::CallRecord;

use super::addresses::TenantBase;
use super::call::headers;

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
    client: &Client,
    request: &ContentRequest,
    base: &TenantBase,
    deadline: Instant,
) -> Result<Option<Content>, SourceError> {
    let url = is_id(&request.id).then(|| base.below(&["Binary", &request.id]));
    let Some(url) = url.flatten() else {
        return Ok(None);
    };
    let mut record = CallRecord::begin(Source::Documents.as_str());
    let mut headers = headers(request.target.tenant(), &request.context, deadline);
    // A FHIR type would bring the content as text within a resource.
    headers.insert(ACCEPT, accepted());
    let sent = client.get(url).headers(headers).send();
    let Ok(response) = tokio::time::timeout_at(deadline.into(), sent).await else {
        record.ended("timeout");
        return Err(SourceError::TimedOut);
    };
    let response = response.map_err(|_| {
        record.ended("connect_error");
        SourceError::Unavailable
    })?;
    record.answered(response.status());
    match response.status() {
        StatusCode::OK => checked(response).map(Some),
        StatusCode::NOT_FOUND | StatusCode::GONE => Ok(None),
        _ => Err(SourceError::Unavailable),
    }
}

fn accepted() -> HeaderValue {
    HeaderValue::from_str(&MEDIA_TYPES.join(", ")).expect("media types are visible ASCII")
}

fn checked(response: Response) -> Result<Content, SourceError> {
    let media_type = media_type(response.headers()).ok_or(SourceError::Invalid)?;
    let length = response.content_length();
    if length.is_some_and(|length| length > MAX_CONTENT) {
        return Err(SourceError::Invalid);
    }
    Ok(Content {
        media_type,
        length,
        chunks: chunks(response).boxed(),
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
fn chunks(response: Response) -> impl Stream<Item = Result<Bytes, ContentBroken>> + Send {
    stream::try_unfold((response, 0), |(mut response, sent)| async move {
        let chunk = tokio::time::timeout(SILENCE, response.chunk()).await;
        let chunk = chunk.map_err(|_| ContentBroken)?;
        let Some(chunk) = chunk.map_err(|_| ContentBroken)? else {
            return Ok(None);
        };
        let sent = sent + chunk.len() as u64;
        if sent > MAX_CONTENT {
            return Err(ContentBroken);
        }
        Ok(Some((chunk, (response, sent))))
    })
}

#[cfg(test)]
#[path = "content_tests.rs"]
mod tests;
