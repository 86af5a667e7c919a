//! The `CapabilityStatement`, from the tables that requests are served by.

use axum::extract::RawQuery;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{MethodRouter, get};
use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use http::{HeaderMap, StatusCode};
use portal_fhir::{ParameterSpec, ResourceType, includes, is_searchable, parameters, rev_includes};
use serde::Serialize;
use tower_http::cors::{Any, CorsLayer};

use crate::disclosure::FHIR_JSON;
use crate::fault::Fault;
use crate::query;
use crate::router::Faces;

use super::negotiate::json_is_wanted;

/// When what the tables say last changed its meaning.
const DATE: &str = "2026-11-30";
const PUBLIC: HeaderValue = HeaderValue::from_static("public, max-age=300");
const SECURITY_SERVICES: &str = "http://terminology.hl7.org/CodeSystem/restful-security-service";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CapabilityStatement {
    resource_type: &'static str,
    url: String,
    version: &'static str,
    name: &'static str,
    status: &'static str,
    date: &'static str,
    kind: &'static str,
    software: Software,
    implementation: Implementation,
    fhir_version: &'static str,
    format: [&'static str; 2],
    rest: [Rest; 1],
}

#[derive(Serialize)]
struct Software {
    name: &'static str,
    version: &'static str,
}

#[derive(Serialize)]
struct Implementation {
    description: &'static str,
    url: String,
}

#[derive(Serialize)]
struct Rest {
    mode: &'static str,
    security: Security,
    resource: Vec<Resource>,
}

#[derive(Serialize)]
struct Security {
    cors: bool,
    service: [Concept; 1],
    description: &'static str,
}

#[derive(Serialize)]
struct Concept {
    coding: [Coding; 1],
    text: &'static str,
}

#[derive(Serialize)]
struct Coding {
    system: &'static str,
    code: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Resource {
    r#type: &'static str,
    interaction: Vec<Interaction>,
    versioning: &'static str,
    conditional_read: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    search_include: Vec<&'static str>,
    #[serde(skip_serializing_if = "<[&str]>::is_empty")]
    search_rev_include: &'static [&'static str],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    search_param: Vec<SearchParam>,
}

#[derive(Serialize)]
struct Interaction {
    code: &'static str,
}

#[derive(Serialize)]
struct SearchParam {
    name: &'static str,
    r#type: &'static str,
    documentation: &'static str,
}

/// The route. Open to every origin, because it says nothing of anyone.
pub(super) fn route(public_url: &str) -> MethodRouter<Faces> {
    let body = written(public_url);
    let answer = move |headers: HeaderMap, RawQuery(query): RawQuery| {
        let answer = answer(&headers, query.as_deref().unwrap_or_default(), body.clone());
        std::future::ready(answer)
    };
    let cors = CorsLayer::new()
        .allow_origin(Any)
        .allow_methods([http::Method::GET, http::Method::HEAD])
        .allow_headers(Any);
    // The layer answers preflights, and only routed methods reach it.
    get(answer).options(preflight).layer(cors)
}

async fn preflight() -> StatusCode {
    StatusCode::NO_CONTENT
}

fn answer(headers: &HeaderMap, query: &str, body: Bytes) -> Result<Response, Fault> {
    json_is_wanted(headers, &query::read(query.as_bytes()))?;
    let headers = [(CONTENT_TYPE, FHIR_JSON), (CACHE_CONTROL, PUBLIC)];
    Ok((headers, body).into_response())
}

fn written(public_url: &str) -> Bytes {
    let statement = statement(public_url);
    serde_json::to_vec(&statement)
        .expect("texts and lists of them always serialise")
        .into()
}

fn statement(public_url: &str) -> CapabilityStatement {
    let version = env!("CARGO_PKG_VERSION");
    CapabilityStatement {
        resource_type: "CapabilityStatement",
        url: format!("{public_url}/fhir/R4/metadata"),
        version,
        name: "PatientPortal",
        status: "active",
        date: DATE,
        kind: "instance",
        software: Software {
            name: "patient-portal-service",
            version,
        },
        implementation: Implementation {
            description: "A patient's own record, read-only",
            url: format!("{public_url}/fhir/R4"),
        },
        fhir_version: "4.0.1",
        format: ["json", "application/fhir+json"],
        rest: [Rest {
            mode: "server",
            security: security(),
            resource: ResourceType::ALL.iter().copied().map(resource).collect(),
        }],
    }
}

const fn security() -> Security {
    Security {
        cors: false,
        service: [Concept {
            coding: [Coding {
                system: SECURITY_SERVICES,
                code: "SMART-on-FHIR",
            }],
            text: "OAuth 2.0 bearer tokens with SMART App Launch scopes",
        }],
        description: "Every read needs a token of the patient with the scope of the type",
    }
}

fn resource(resource_type: ResourceType) -> Resource {
    let declared = parameters(resource_type).iter();
    Resource {
        r#type: resource_type.as_str(),
        interaction: interactions(resource_type),
        versioning: "no-version",
        conditional_read: "not-match",
        search_include: includes(resource_type).iter().map(|it| it.name).collect(),
        search_rev_include: rev_includes(resource_type),
        search_param: declared.map(search_param).collect(),
    }
}

fn interactions(resource_type: ResourceType) -> Vec<Interaction> {
    let searched = is_searchable(resource_type).then_some("search-type");
    let codes = std::iter::once("read").chain(searched);
    codes.map(|code| Interaction { code }).collect()
}

fn search_param(parameter: &ParameterSpec) -> SearchParam {
    SearchParam {
        name: parameter.name,
        r#type: parameter.kind.as_str(),
        documentation: parameter.documentation,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    #[test]
    fn it_says_exactly_what_the_tables_hold() {
        let statement: Value = serde_json::from_slice(&written("https://p.test")).unwrap();
        assert_eq!(statement["fhirVersion"], "4.0.1");
        assert_eq!(statement["implementation"]["url"], "https://p.test/fhir/R4");
        let resources = statement["rest"][0]["resource"].as_array().unwrap();
        assert_eq!(resources.len(), ResourceType::ALL.len());
        for (resource, resource_type) in resources.iter().zip(ResourceType::ALL) {
            assert_eq!(resource["type"], resource_type.as_str());
            let said = resource["interaction"].as_array().unwrap().len();
            assert_eq!(said, 1 + usize::from(is_searchable(*resource_type)));
            let said: Vec<_> = includes(*resource_type).iter().map(|it| it.name).collect();
            let said = (!said.is_empty()).then_some(said);
            assert_eq!(resource["searchInclude"], serde_json::json!(said));
            let said = rev_includes(*resource_type);
            let said = (!said.is_empty()).then_some(said);
            assert_eq!(resource["searchRevInclude"], serde_json::json!(said));
            let said = resource["searchParam"].as_array();
            let said: Vec<_> = said
                .into_iter()
                .flatten()
                .map(|it| (&it["name"], &it["type"]))
                .collect();
            let declared = parameters(*resource_type).iter();
            let declared: Vec<_> = declared
                .map(|it| (Value::from(it.name), Value::from(it.kind.as_str())))
                .collect();
            let declared: Vec<_> = declared.iter().map(|(name, kind)| (name, kind)).collect();
            assert_eq!(said, declared);
        }
    }
}
