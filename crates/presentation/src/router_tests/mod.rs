//! Whole requests through the routers, over stub ports.

mod edge;
mod fhir;
mod rest;

use axum::Extension;
use axum::body::Body;
use http::{Method, Request, Response, StatusCode};
use http_body_util::BodyExt as _;
use portal_domain::source::RecordSet;
use serde_json::{Value, json};
use tower::ServiceExt as _;

use super::*;
use crate::exchange::Exchange;
use crate::testing::{PUBLIC_URL, limits, portal, settings};

const LAB: &str = r#"{"resourceType":"Observation","id":"o1","meta":{"versionId":"3"},"status":"final","category":[{"coding":[{"code":"laboratory"}]}],"code":{"text":"HbA1c"},"subject":{"reference":"Patient/p1"},"valueQuantity":{"value":1.50,"unit":"%"}}"#;
const REPORT: &str = r#"{"resourceType":"DiagnosticReport","id":"r1","status":"final","category":[{"coding":[{"code":"LAB"}]}],"code":{"text":"Blood"},"subject":{"reference":"Patient/p1"},"result":[{"reference":"Observation/o1"}]}"#;
const ALLERGY: &str = r#"{"resourceType":"AllergyIntolerance","id":"a1","patient":{"reference":"Patient/p1"},"code":{"text":"Nuts"}}"#;
const PATIENT: &str =
    r#"{"resourceType":"Patient","id":"p1","name":[{"use":"official","family":"Karimi"}]}"#;
const DOWN: &str =
    r#"{"resourceType":"Immunization","id":"down","patient":{"reference":"Patient/p1"}}"#;

fn served() -> Router {
    let resources = [
        (RecordSet::LaboratoryObservations, LAB),
        (RecordSet::LaboratoryReports, REPORT),
        (RecordSet::Allergies, ALLERGY),
        (RecordSet::Patient, PATIENT),
        (RecordSet::Immunizations, DOWN),
    ];
    router(portal(&resources), limits(), settings())
}

struct Answer {
    parts: http::response::Parts,
    text: String,
}

impl Answer {
    async fn of(response: Response<Body>) -> Self {
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        Self {
            parts,
            text: String::from_utf8(bytes.to_vec()).unwrap(),
        }
    }

    fn status(&self) -> u16 {
        self.parts.status.as_u16()
    }

    fn header(&self, name: &str) -> &str {
        let value = self.parts.headers.get(name);
        value.map_or("", |value| value.to_str().unwrap())
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap()
    }

    /// The code of a problem or of an outcome.
    fn code(&self) -> String {
        let json = self.json();
        let code = json
            .get("code")
            .unwrap_or_else(|| &json["issue"][0]["details"]["coding"][0]["code"]);
        code.as_str().unwrap_or_default().to_owned()
    }
}

async fn ask(method: &str, path: &str, lines: &[(&str, &str)], body: &str) -> Answer {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in lines {
        request = request.header(*name, *value);
    }
    let request = request.body(Body::from(body.to_owned())).unwrap();
    Answer::of(served().oneshot(request).await.unwrap()).await
}

async fn get(path: &str, lines: &[(&str, &str)]) -> Answer {
    let bearer = [("authorization", "Bearer all")];
    ask("GET", path, &[&bearer, lines].concat(), "").await
}
