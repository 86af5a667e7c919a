//! Searchset Bundles (FHIR R4 3.1.1): a frame around resources that are copied as they are.

use bytes::Bytes;
use portal_domain::disclosure::Disclosed;
use portal_fhir::ResourceType;

use crate::correlation::hashed_urn;

/// A resource and where it is found.
pub(super) struct Entry<'a> {
    pub(super) resource_type: ResourceType,
    pub(super) id: &'a str,
    pub(super) resource: &'a [u8],
    /// Whether a match brought it along.
    pub(super) included: bool,
}

impl<'a> Entry<'a> {
    pub(super) fn of(record: Disclosed<'a>) -> Self {
        Self {
            resource_type: record.header().resource_type,
            id: &record.header().id,
            resource: record.bytes(),
            included: false,
        }
    }
}

/// A page.
pub(super) struct Searchset<'a> {
    pub(super) public_url: &'a str,
    pub(super) total: Option<usize>,
    pub(super) this: String,
    pub(super) next: Option<String>,
    pub(super) entries: &'a [Entry<'a>],
    /// An `OperationOutcome` about the search itself.
    pub(super) outcome: Option<&'a [u8]>,
}

const MATCH: &[u8] = br#","search":{"mode":"match"}}"#;
const INCLUDE: &[u8] = br#","search":{"mode":"include"}}"#;
const OUTCOME: &[u8] = br#","search":{"mode":"outcome"}}"#;
/// An entry's frame without its URL, rounded up.
const FRAME: usize = 96;

/// Writes a page in one allocation.
pub(super) fn write(page: &Searchset<'_>) -> Bytes {
    let mut out = Vec::with_capacity(size(page));
    out.extend_from_slice(br#"{"resourceType":"Bundle","type":"searchset""#);
    if let Some(total) = page.total {
        out.extend_from_slice(br#","total":"#);
        out.extend_from_slice(total.to_string().as_bytes());
    }
    out.extend_from_slice(br#","link":[{"relation":"self","url":"#);
    push_string(&mut out, &page.this);
    if let Some(next) = &page.next {
        out.extend_from_slice(br#"},{"relation":"next","url":"#);
        push_string(&mut out, next);
    }
    out.extend_from_slice(b"}]");
    // FHIR has no empty arrays.
    let mut lead: &[u8] = br#","entry":["#;
    for entry in page.entries {
        out.extend_from_slice(lead);
        let end = if entry.included { INCLUDE } else { MATCH };
        push_entry(&mut out, page.public_url, entry, end);
        lead = b",";
    }
    if let Some(outcome) = page.outcome {
        out.extend_from_slice(lead);
        // Nobody can read it again, and yet each entry of a searchset has a `fullUrl` (FHIR R4,
        // Bundle): the same words are the same outcome.
        out.extend_from_slice(br#"{"fullUrl":"#);
        push_string(&mut out, &hashed_urn(outcome));
        out.extend_from_slice(br#","resource":"#);
        out.extend_from_slice(outcome);
        out.extend_from_slice(OUTCOME);
        lead = b",";
    }
    out.extend_from_slice(if lead == b"," { b"]}" } else { b"}" });
    Bytes::from(out)
}

/// Writes an entry that ends with `end`.
pub(super) fn push_entry(out: &mut Vec<u8>, public_url: &str, entry: &Entry<'_>, end: &[u8]) {
    out.extend_from_slice(br#"{"fullUrl":"#);
    // Neither a URL nor an id has a character that JSON would escape.
    out.push(b'"');
    for part in [
        public_url,
        "/fhir/R4/",
        entry.resource_type.as_str(),
        "/",
        entry.id,
    ] {
        out.extend_from_slice(part.as_bytes());
    }
    out.extend_from_slice(br#"","resource":"#);
    out.extend_from_slice(entry.resource);
    out.extend_from_slice(end);
}

/// The address of a resource on the FHIR face.
pub(super) fn full_url(public_url: &str, resource_type: &str, id: &str) -> String {
    format!("{public_url}/fhir/R4/{resource_type}/{id}")
}

/// Room for entries with their frames.
pub(super) fn entries_size(public_url: &str, entries: &[Entry<'_>]) -> usize {
    let size = |entry: &Entry<'_>| entry.resource.len() + entry.id.len() + public_url.len() + FRAME;
    entries.iter().map(size).sum()
}

fn size(page: &Searchset<'_>) -> usize {
    let links = page.this.len() + page.next.as_ref().map_or(0, String::len);
    let outcome = page.outcome.map_or(0, <[u8]>::len);
    entries_size(page.public_url, page.entries) + links + outcome + 3 * FRAME
}

/// A JSON string literal.
pub(super) fn push_string(out: &mut Vec<u8>, text: &str) {
    serde_json::to_writer(&mut *out, text).expect("text always serialises");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry<'a>(id: &'a str, resource: &'a str) -> Entry<'a> {
        Entry {
            resource_type: ResourceType::Observation,
            id,
            resource: resource.as_bytes(),
            included: false,
        }
    }

    fn written(entries: &[Entry<'_>], next: Option<&str>, outcome: Option<&str>) -> String {
        let bytes = write(&Searchset {
            public_url: "https://p.test",
            total: Some(7),
            this: "https://p.test/fhir/R4/Observation?code=a%22b".to_owned(),
            next: next.map(str::to_owned),
            entries,
            outcome: outcome.map(str::as_bytes),
        });
        String::from_utf8(bytes.to_vec()).unwrap()
    }

    #[test]
    fn resources_are_copied_into_the_frame_as_they_are() {
        let one = r#"{ "id":"lab.1", "value": 1.50 }"#;
        let entries = [entry("lab.1", one), entry("lab.2", "{}")];
        let outcome = "urn:uuid:a3ea277a-59ff-8511-887d-1fbfc9d53b68";
        let expected = format!(
            r#"{{"resourceType":"Bundle","type":"searchset","total":7,"link":[{{"relation":"self","url":"https://p.test/fhir/R4/Observation?code=a%22b"}},{{"relation":"next","url":"https://p.test/n"}}],"entry":[{{"fullUrl":"https://p.test/fhir/R4/Observation/lab.1","resource":{one},"search":{{"mode":"match"}}}},{{"fullUrl":"https://p.test/fhir/R4/Observation/lab.2","resource":{{}},"search":{{"mode":"match"}}}},{{"fullUrl":"{outcome}","resource":{{"o":1}},"search":{{"mode":"outcome"}}}}]}}"#
        );
        let text = written(&entries, Some("https://p.test/n"), Some(r#"{"o":1}"#));
        assert_eq!(text, expected);
    }

    #[test]
    fn an_empty_page_has_no_entry_member() {
        let text = written(&[], None, None);
        assert!(text.ends_with("}]}") && !text.contains("entry"), "{text}");
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(value["total"], 7);
    }

    #[test]
    fn one_allocation_is_enough() {
        let resource = "x".repeat(400);
        let entries: Vec<_> = (0..50).map(|_| entry("lab.123456", &resource)).collect();
        let page = Searchset {
            public_url: "https://portal.example.test",
            total: Some(50),
            this: "https://portal.example.test/fhir/R4/Observation".to_owned(),
            next: Some("https://portal.example.test/fhir/R4/Observation?cursor=1".to_owned()),
            entries: &entries,
            outcome: Some(br#"{"resourceType":"OperationOutcome"}"#),
        };
        assert!(write(&page).len() <= size(&page));
    }
}
