//! What a source has to say, before any fault touches it.

use std::sync::Arc;

use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde_json::{Value, json};

use super::{rest, slots};
use crate::record::Record;
use crate::search::{InvalidSearch, Search};
use crate::source::Source;
use crate::world::World;

/// Media type of FHIR JSON (FHIR R4 2.6.1).
pub(super) const FHIR_JSON: &str = "application/fhir+json";

/// A call of a source, read from its path, query and headers.
pub(super) struct Call {
    pub(super) source: Source,
    pub(super) tenant: Option<String>,
    /// The part of the path behind the base, decoded.
    pub(super) path: String,
    pub(super) query: String,
    pub(super) method: Method,
    pub(super) idempotency_key: Option<String>,
    pub(super) body: Bytes,
}

/// An answer that a fault may still bend.
pub(super) enum Answer {
    Page(Page),
    Resource(Bytes),
    /// What a Binary holds, of its own type.
    Content(String, Bytes),
    /// JSON that is no FHIR.
    Json(StatusCode, Bytes),
    Refusal(StatusCode, &'static str),
}

impl Answer {
    pub(super) fn status(&self) -> StatusCode {
        match self {
            Self::Refusal(status, _) | Self::Json(status, _) => *status,
            Self::Page(_) | Self::Resource(_) | Self::Content(..) => StatusCode::OK,
        }
    }

    pub(super) fn body(&self) -> Bytes {
        match self {
            Self::Page(page) => page.render(),
            Self::Resource(bytes) | Self::Json(_, bytes) | Self::Content(_, bytes) => bytes.clone(),
            Self::Refusal(status, text) => outcome(*status, text),
        }
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let media_type = match &self {
            Self::Json(..) => "application/json",
            Self::Content(media_type, _) => media_type,
            Self::Page(_) | Self::Resource(_) | Self::Refusal(..) => FHIR_JSON,
        };
        let headers = [(header::CONTENT_TYPE, media_type.to_owned())];
        (self.status(), headers, self.body()).into_response()
    }
}

fn outcome(status: StatusCode, text: &str) -> Bytes {
    let code = match status {
        StatusCode::NOT_FOUND => "not-found",
        status if status.is_server_error() => "transient",
        _ => "invalid",
    };
    let issue = json!([{ "severity": "error", "code": code, "diagnostics": text }]);
    let outcome = json!({ "resourceType": "OperationOutcome", "issue": issue });
    Bytes::from(outcome.to_string())
}

/// One page of a searchset Bundle.
pub(super) struct Page {
    pub(super) total: usize,
    pub(super) own_url: String,
    pub(super) next_url: Option<String>,
    pub(super) entries: Vec<Entry>,
}

/// A match: its address and the very bytes of the resource.
pub(super) struct Entry {
    pub(super) full_url: String,
    pub(super) resource: Bytes,
    /// Whether a match brought it along.
    pub(super) included: bool,
}

impl Entry {
    /// The same, brought along by a match.
    pub(super) fn included(self) -> Self {
        Self {
            included: true,
            ..self
        }
    }

    pub(super) fn of(record: &Record, base_url: &str) -> Self {
        Self {
            full_url: format!("{base_url}/{}/{}", record.resource_type, record.id),
            resource: record.bytes.clone(),
            included: false,
        }
    }
}

impl Page {
    /// The Bundle as text; resources are copied into it byte for byte.
    fn render(&self) -> Bytes {
        let mut links = vec![json!({ "relation": "self", "url": self.own_url })];
        if let Some(next) = &self.next_url {
            links.push(json!({ "relation": "next", "url": next }));
        }
        let head = format!(
            r#"{{"resourceType":"Bundle","type":"searchset","total":{},"link":{}"#,
            self.total,
            Value::Array(links)
        );
        let size: usize = self
            .entries
            .iter()
            .map(|entry| entry.resource.len() + 200)
            .sum();
        let mut bundle = Vec::with_capacity(head.len() + size + 16);
        bundle.extend_from_slice(head.as_bytes());
        // FHIR has no empty arrays (FHIR R4 2.6.2).
        let mut separator = r#","entry":["#;
        for entry in &self.entries {
            let full_url = Value::from(entry.full_url.as_str());
            bundle.extend_from_slice(separator.as_bytes());
            bundle.extend_from_slice(format!(r#"{{"fullUrl":{full_url},"resource":"#).as_bytes());
            bundle.extend_from_slice(&entry.resource);
            let mode = if entry.included { "include" } else { "match" };
            bundle.extend_from_slice(format!(r#","search":{{"mode":"{mode}"}}}}"#).as_bytes());
            separator = ",";
        }
        bundle.extend_from_slice(if self.entries.is_empty() { b"}" } else { b"]}" });
        Bytes::from(bundle)
    }
}

/// Answers a call as a good service would.
pub(super) fn answer(world: &World, call: &Call) -> Answer {
    rest::answer(world, call).unwrap_or_else(|| interact(world, call))
}

fn interact(world: &World, call: &Call) -> Answer {
    let mut segments = call.path.split('/').filter(|segment| !segment.is_empty());
    match (segments.next(), segments.next(), segments.next()) {
        (Some("metadata"), None, _) => Answer::Resource(capabilities(world, call.source)),
        (Some("Slot"), None, _) => slots::search(world, call).unwrap_or_else(refusal),
        (Some(resource_type), None, _) => {
            search(world, call, resource_type).unwrap_or_else(refusal)
        }
        (Some(resource_type), Some(id), None) => read(world, call, resource_type, id),
        _ => Answer::Refusal(StatusCode::NOT_FOUND, "no such interaction"),
    }
}

fn refusal(error: InvalidSearch) -> Answer {
    Answer::Refusal(
        StatusCode::BAD_REQUEST,
        match error {
            InvalidSearch::Count => "_count is not a number from 1 on",
            InvalidSearch::Page => "_page is not a token of this server",
        },
    )
}

fn read(world: &World, call: &Call, resource_type: &str, id: &str) -> Answer {
    let found = world
        .store()
        .read(call.tenant.as_deref(), call.source, resource_type, id);
    found.map_or(
        Answer::Refusal(StatusCode::NOT_FOUND, "no such resource"),
        |record| match resource_type {
            "Binary" => content(&record.bytes),
            _ => Answer::Resource(record.bytes.clone()),
        },
    )
}

/// A Binary as what it holds (FHIR R4 3.1.0.1.11), which is all that the portal asks for.
fn content(binary: &[u8]) -> Answer {
    let binary: Value = serde_json::from_slice(binary).unwrap_or_default();
    let text = |name: &str| binary[name].as_str().unwrap_or_default().to_owned();
    let data = STANDARD.decode(text("data")).unwrap_or_default();
    Answer::Content(text("contentType"), Bytes::from(data))
}

fn search(world: &World, call: &Call, resource_type: &str) -> Result<Answer, InvalidSearch> {
    let search = Search::parse(&call.query)?;
    let found: Vec<Arc<Record>> =
        world
            .store()
            .search(call.tenant.as_deref(), call.source, resource_type, &search);
    let base_url = world.base_url(call.source);
    let url = |query: &str| match query {
        "" => format!("{base_url}/{resource_type}"),
        query => format!("{base_url}/{resource_type}?{query}"),
    };
    let end = search.offset.saturating_add(search.count);
    let entries = found.iter().skip(search.offset).take(search.count);
    Ok(Answer::Page(Page {
        total: found.len(),
        own_url: url(&search.own_query()),
        next_url: (end < found.len()).then(|| url(&search.page_from(end))),
        entries: entries.map(|record| Entry::of(record, &base_url)).collect(),
    }))
}

/// Entries that belong to somebody whom the search does not name; one that is
/// made up where the source knows nobody else.
pub(super) fn foreign_entries(world: &World, call: &Call) -> Vec<Entry> {
    let resource_type = call.path.trim_matches('/');
    let base_url = world.base_url(call.source);
    let Ok(search) = Search::parse(&call.query) else {
        return Vec::new();
    };
    let records =
        world
            .store()
            .foreign(call.tenant.as_deref(), call.source, resource_type, &search);
    if !records.is_empty() {
        return records
            .iter()
            .map(|record| Entry::of(record, &base_url))
            .collect();
    }
    let resource = json!({
        "resourceType": resource_type,
        "id": "foreign-1",
        "subject": { "reference": "Patient/somebody-else" },
        "patient": { "reference": "Patient/somebody-else" },
    });
    let full_url = format!("{base_url}/{resource_type}/foreign-1");
    vec![Entry {
        full_url,
        resource: Bytes::from(resource.to_string()),
        included: false,
    }]
}

/// The `CapabilityStatement` (FHIR R4 5.1) of a source.
fn capabilities(world: &World, source: Source) -> Bytes {
    let types: &[&str] = match source {
        Source::Registration => &["Patient"],
        Source::Scheduling => &["Appointment", "Schedule", "Slot"],
        Source::Laboratory => &["DiagnosticReport", "Observation", "Specimen"],
        Source::Radiology => &["DiagnosticReport", "ImagingStudy"],
        Source::Medication => &["Medication", "MedicationDispense", "MedicationRequest"],
        Source::Claims => &["Coverage", "ExplanationOfBenefit"],
        Source::Immunizations => &["Immunization"],
        Source::PatientChart => &[
            "AllergyIntolerance",
            "CarePlan",
            "CareTeam",
            "Condition",
            "Device",
            "Encounter",
            "Goal",
            "Observation",
            "Procedure",
            "Provenance",
            "QuestionnaireResponse",
            "ServiceRequest",
        ],
        Source::Documents => &["Binary", "DocumentReference"],
        Source::Communication => &["Communication"],
        Source::ProviderDirectory => &[
            "Location",
            "Organization",
            "Practitioner",
            "PractitionerRole",
        ],
        // Of a type that is put there.
        Source::Platform | Source::Identity => &[],
    };
    let resource = |name: &&str| json!({ "type": name, "interaction": [{ "code": "read" }, { "code": "search-type" }] });
    let resources: Vec<Value> = types.iter().map(resource).collect();
    let statement = json!({
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": "2026-06-01",
        "kind": "instance",
        "implementation": { "description": source.name(), "url": world.base_url(source) },
        "fhirVersion": "4.0.1",
        "format": ["json"],
        "rest": [{ "mode": "server", "resource": resources }],
    });
    Bytes::from(statement.to_string())
}
