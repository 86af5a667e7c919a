//! Bodies that no honest source would send.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use futures::stream;

use crate::search::Search;
use crate::world::World;

/// No JSON, and no text either.
pub(super) const GARBAGE: &[u8] = b"\x00\xff\xfe<html>{\"resourceType\":\"Bundle\",,,]]";

const OVERSIZE: usize = 20 * 1024 * 1024;
const OVERSIZE_ENTRY: usize = 64 * 1024;
const DEPTH: usize = 10_000;
const DRIP: Duration = Duration::from_millis(50);

const BUNDLE: &str = r#"{"resourceType":"Bundle","type":"searchset","entry":["#;

/// A Bundle of 20 MiB, whose entries name the patient that was asked for.
pub(super) fn oversize(query: &str) -> Body {
    let patient = Search::parse(query)
        .ok()
        .and_then(|search| search.first_patient());
    let reference = format!("Patient/{}", patient.unwrap_or_default());
    let head = serde_json::json!({ "resourceType": "Observation", "id": "large", "status": "final",
        "subject": { "reference": reference } });
    let mut entry = format!(r#"{{"resource":{head},"search":{{"mode":"match"}}}}"#);
    // White space between two members of the resource: valid JSON of any size.
    let padding = " ".repeat(OVERSIZE_ENTRY.saturating_sub(entry.len() + 1));
    entry.insert_str(1, &padding);
    let entry = Bytes::from(entry);
    let following = Bytes::from([",".as_bytes(), &entry].concat());
    let count = OVERSIZE / OVERSIZE_ENTRY;
    let entries = std::iter::once(entry).chain(std::iter::repeat_n(following, count));
    let chunks = std::iter::once(Bytes::from_static(BUNDLE.as_bytes()))
        .chain(entries)
        .chain(std::iter::once(Bytes::from_static(b"]}")));
    Body::from_stream(stream::iter(chunks.map(Ok::<_, std::convert::Infallible>)))
}

/// A Bundle whose one resource holds arrays 10,000 deep.
pub(super) fn deep() -> String {
    let resource = r#"{"resource":{"resourceType":"Observation","id":"deep","extension":"#;
    [
        BUNDLE,
        resource,
        &"[".repeat(DEPTH),
        &"]".repeat(DEPTH),
        "}}]}",
    ]
    .concat()
}

/// The body, a byte at a time; ends early when `patience` is over or the
/// sandbox stops.
pub(super) fn drip(body: &Bytes, world: Arc<World>, patience: Duration) -> Body {
    let most = usize::try_from(patience.as_millis() / DRIP.as_millis()).unwrap_or(usize::MAX);
    let left = body.slice(..body.len().min(most));
    let drops = stream::unfold((left, world), |(mut left, world)| async move {
        if left.is_empty() || !world.pause(DRIP).await {
            return None;
        }
        let drop = left.split_to(1);
        Some((Ok::<_, std::convert::Infallible>(drop), (left, world)))
    });
    Body::from_stream(drops)
}

/// The resource with a second `resourceType` in front.
pub(super) fn doubled(resource: &Bytes) -> Bytes {
    let text = String::from_utf8_lossy(resource);
    Bytes::from(text.replacen('{', r#"{"resourceType":"Basic","#, 1))
}
