//! The only way of clinical data into a body. What the sources said is copied, never written anew:
//! a resource leaves byte for byte as the disclosure has it.

mod bundle;
mod calendar;
mod degraded;
mod document;
mod etag;
mod links;

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use http::header::{
    CONTENT_DISPOSITION, CONTENT_LANGUAGE, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE,
    ETAG, HeaderName, HeaderValue, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, StatusCode};
use jiff::Timestamp;
use portal_application::record::{INCLUDED, RECORDS};
use portal_application::{
    CalendarAnswer, Completeness, ContentAnswer, Performed, ReadAnswer, SearchAnswer, SummaryAnswer,
};
use portal_domain::audit::Recorded;
use portal_domain::disclosure::{Disclosed, Disclosure};
use portal_fhir::select_elements;
use serde::Serialize;

use crate::code::Code;
use crate::exchange::Exchange;
use crate::fault::Fault;
use crate::language::Language;
use crate::outcome;

use bundle::{Entry, Searchset};
use etag::Hash;
pub(crate) use links::Links;

/// The media type of the FHIR face (FHIR R4 3.1.0.1.10).
pub(crate) const FHIR_JSON: HeaderValue =
    HeaderValue::from_static("application/fhir+json; fhirVersion=4.0");
/// The media type of FHIR bodies on REST routes.
pub(crate) const REST_FHIR_JSON: HeaderValue = HeaderValue::from_static("application/fhir+json");
/// The media type of views.
pub(crate) const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// The media type of calendars (RFC 5545 section 8.1).
const CALENDAR: HeaderValue = HeaderValue::from_static("text/calendar; charset=utf-8");
const APPOINTMENT_FILE: HeaderValue =
    HeaderValue::from_static("attachment; filename=\"appointment.ics\"");

const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
const DEGRADED: HeaderName = HeaderName::from_static("x-portal-degraded");

/// A resource by its id on the FHIR face, with the `ETag` of its version and bytes.
pub(crate) fn resource(answer: &ReadAnswer, exchange: &Exchange) -> Result<Response, Fault> {
    let mut records = answer.disclosure.records();
    let record = records.next().ok_or(Code::NotFound)?;
    let tag = etag::of_read(record.header().version_id.as_deref(), record.bytes());
    let headers = headers(FHIR_JSON, Some(tag), &answer.completeness);
    Ok(conditional(exchange, headers, || record.bytes().clone()))
}

/// A content, on either face: handed on as it arrives, to be kept and not to be shown by a browser.
pub(crate) fn content(answer: ContentAnswer) -> Response {
    let content = answer.content.open(answer.disclosure.receipt());
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content.media_type));
    headers.insert(CONTENT_DISPOSITION, HeaderValue::from_static("attachment"));
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static("sandbox"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if let Some(length) = content.length {
        headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
    }
    let mut response = Response::new(Body::from_stream(content.chunks));
    *response.headers_mut() = headers;
    response
}

/// A page of a search on the FHIR face. Searches carry no `ETag`.
pub(crate) fn search(answer: &SearchAnswer, links: &Links<'_>) -> Response {
    let headers = headers(FHIR_JSON, None, &answer.completeness);
    respond(StatusCode::OK, headers, searchset(answer, links))
}

/// A page of a section of the chart on the REST face.
pub(crate) fn section(answer: &SearchAnswer, links: &Links<'_>, exchange: &Exchange) -> Response {
    let mut hash = Hash::default();
    answer
        .disclosure
        .records()
        .for_each(|record| hash.part(record.bytes()));
    let headers = headers(REST_FHIR_JSON, Some(hash.tag()), &answer.completeness);
    conditional(exchange, headers, || searchset(answer, links))
}

/// The chart summary on the REST face.
pub(crate) fn summary(answer: &SummaryAnswer, public_url: &str, exchange: &Exchange) -> Response {
    let language = exchange.language();
    let mut hash = Hash::default();
    answer
        .disclosure
        .records()
        .for_each(|record| hash.part(record.bytes()));
    hash.part(language.header().as_bytes());
    for name in answer.unavailable.iter().chain(&answer.left_out) {
        hash.part(name.as_bytes());
    }
    let mut headers = headers(REST_FHIR_JSON, Some(hash.tag()), &answer.completeness);
    headers.insert(CONTENT_LANGUAGE, language.header());
    conditional(exchange, headers, || {
        document::write(answer, public_url, language)
    })
}

/// An appointment for a calendar. Its `ETag` is that of what the source says, whenever it was asked.
pub(crate) fn calendar(
    answer: &CalendarAnswer,
    public_url: &str,
    exchange: &Exchange,
) -> Result<Response, Fault> {
    let language = exchange.language();
    let host = public_url.split("//").nth(1).unwrap_or(public_url);
    let mut records = answer.disclosure.group(RECORDS);
    let record = records.next().ok_or(Code::NotFound)?;
    let event = calendar::event(record, (host, &answer.tenant), &answer.zone, language);
    let event = event.ok_or(Code::StateConflict)?;
    let stamp = event.changed.unwrap_or(Timestamp::UNIX_EPOCH);
    let mut hash = Hash::default();
    hash.part(event.write(stamp).as_bytes());
    let mut headers = headers(CALENDAR, Some(hash.tag()), &answer.completeness);
    headers.insert(CONTENT_LANGUAGE, language.header());
    headers.insert(CONTENT_DISPOSITION, APPOINTMENT_FILE);
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    let mut asked = answer.completeness.sources.iter().filter_map(|it| it.as_of);
    let stamp = event.changed.or_else(|| asked.next()).unwrap_or(stamp);
    Ok(conditional(exchange, headers, || event.write(stamp).into()))
}

/// A view of what a disclosure holds, with what is said about it beside the data in one object.
/// The `ETag` covers the data alone, so that asking again about unchanged data is answered by 304
/// although its sources were asked at another time. No data is not found.
pub(crate) fn view<T: Serialize>(
    (disclosure, completeness): (&Disclosure, &Completeness),
    (exchange, language): (&Exchange, Language),
    build: impl FnOnce(&Disclosure) -> Option<T>,
    about: &impl Serialize,
) -> Result<Response, Fault> {
    let data = build(disclosure).ok_or(Code::NotFound)?;
    let data = json(&data)?;
    let mut hash = Hash::default();
    hash.part(&data);
    let mut headers = headers(JSON, Some(hash.tag()), completeness);
    headers.insert(CONTENT_LANGUAGE, language.header());
    let body = joined(&data, &json(about)?).ok_or(Code::InternalError)?;
    Ok(conditional(exchange, headers, || body))
}

/// The members of two objects in one.
fn joined(one: &[u8], other: &[u8]) -> Option<Bytes> {
    let (one, other) = (one.strip_suffix(b"}")?, other.strip_prefix(b"{")?);
    let comma: &[u8] = if one == b"{" || other == b"}" {
        b""
    } else {
        b","
    };
    Some(Bytes::from([one, comma, other].concat()))
}

/// A view of what the portal itself holds about a person, together with the proof that this look
/// at it is recorded.
pub(crate) fn recorded<'a, A, T: Serialize>(
    recorded: &'a Recorded<A>,
    build: impl FnOnce(&'a A) -> T,
    exchange: &Exchange,
) -> Result<Response, Fault> {
    let body = json(&build(recorded.value()))?;
    let mut hash = Hash::default();
    hash.part(&body);
    let headers = headers(JSON, Some(hash.tag()), &Completeness::default());
    Ok(conditional(exchange, headers, || body))
}

/// A view of what a request made or changed, together with the proof that the change is recorded.
/// `None` is an answer without a body.
pub(crate) fn performed<'a, A, T: Serialize>(
    recorded: &'a Recorded<Performed<A>>,
    build: impl FnOnce(&'a A) -> Option<T>,
    further: HeaderMap,
) -> Result<Response, Fault> {
    let performed = recorded.value();
    let mut headers = further;
    let body = match build(&performed.made) {
        Some(view) => {
            headers.insert(CONTENT_TYPE, JSON);
            json(&view)?
        }
        None => Bytes::new(),
    };
    if performed.replayed {
        headers.insert(REPLAYED, HeaderValue::from_static("true"));
    }
    let status = StatusCode::from_u16(performed.status).map_err(|_| Code::InternalError)?;
    Ok(respond(status, headers, body))
}

/// The strong entity tag of a version of what the portal owns.
pub(crate) fn version_tag(version: i64) -> HeaderValue {
    HeaderValue::from_str(&format!("\"v{version}\"")).expect("digits are visible ASCII")
}

fn json(value: &impl Serialize) -> Result<Bytes, Fault> {
    serde_json::to_vec(value)
        .map(Bytes::from)
        .map_err(|_| Code::InternalError.into())
}

fn searchset(answer: &SearchAnswer, links: &Links<'_>) -> Bytes {
    let subsets: Vec<Option<Bytes>> = answer
        .disclosure
        .group("")
        .map(|record| subset(record, answer.elements.as_deref()))
        .collect();
    let matches = answer.disclosure.group("").zip(&subsets);
    let matches = matches.map(|(record, subset)| Entry {
        resource: subset.as_ref().unwrap_or(record.bytes()),
        ..Entry::of(record)
    });
    // `_elements` is about matches alone.
    let included = answer.disclosure.group(INCLUDED).map(|record| Entry {
        included: true,
        ..Entry::of(record)
    });
    let entries: Vec<Entry<'_>> = matches.chain(included).collect();
    // A count is only a count: what it is made of is said by the header.
    let outcome = outcome::about(&answer.completeness).filter(|_| !answer.summary_count);
    bundle::write(&Searchset {
        public_url: links.public_url,
        total: answer.total,
        this: links.this(&answer.applied),
        next: answer
            .next
            .as_deref()
            .map(|cursor| links.next(&answer.applied, cursor)),
        entries: &entries,
        outcome: outcome.as_deref(),
    })
}

fn subset(record: Disclosed<'_>, elements: Option<&[String]>) -> Option<Bytes> {
    Some(select_elements(record.record(), elements?))
}

fn headers(content_type: HeaderValue, tag: Option<String>, about: &Completeness) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, content_type);
    let text = |text: String| HeaderValue::from_str(&text).ok();
    if let Some(tag) = tag.and_then(text) {
        headers.insert(ETAG, tag);
    }
    if let Some(degraded) = degraded::header(about).and_then(text) {
        headers.insert(DEGRADED, degraded);
    }
    headers
}

/// The answer, or 304 when the client has it already (RFC 9110 section 13.1.2).
fn conditional(
    exchange: &Exchange,
    mut headers: HeaderMap,
    body: impl FnOnce() -> Bytes,
) -> Response {
    let tag = headers.get(ETAG).and_then(|tag| tag.to_str().ok());
    if tag.is_some_and(|tag| etag::is_known(&exchange.if_none_match, tag)) {
        headers.remove(CONTENT_TYPE);
        return respond(StatusCode::NOT_MODIFIED, headers, Bytes::new());
    }
    respond(StatusCode::OK, headers, body())
}

fn respond(status: StatusCode, headers: HeaderMap, body: Bytes) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    response
}

#[cfg(test)]
mod tests;
