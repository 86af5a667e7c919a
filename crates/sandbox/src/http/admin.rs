//! Switches: faults, records, calls, and those of the issuer.

pub(super) mod issuer;
pub(super) mod people;
pub(super) mod services;

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::fault::{Fault, Mode};
use crate::record::Record;
use crate::source::Source;
use crate::world::World;

type Shared = State<Arc<World>>;

fn refusal(status: StatusCode, text: &str, allowed: &Value) -> Response {
    (status, Json(json!({ "error": text, "allowed": allowed }))).into_response()
}

/// 404 with the names that there are.
pub(super) fn unknown_source() -> Response {
    refusal(
        StatusCode::NOT_FOUND,
        "no such source",
        &json!({ "sources": Source::names() }),
    )
}

/// 404 with the places where something is.
pub(super) async fn not_found(State(world): Shared) -> Response {
    let allowed = json!({
        "sources": Source::names(),
        "realms": world.issuer.realm_names(),
        "admin": "/_admin",
    });
    refusal(StatusCode::NOT_FOUND, "nothing is here", &allowed)
}

/// `GET /_admin`: the routes.
pub(super) async fn index(State(world): Shared) -> Response {
    let routes = json!([
        "GET /_admin/people",
        "GET /_admin/delegations",
        "GET /_admin/registrants",
        "GET /_admin/staff",
        "POST /_admin/patients/{id}/merge?tenant= {into}",
        "POST /_admin/patients/{id}/deceased?tenant=",
        "POST /_admin/contacts?tenant= {address, shared}",
        "GET|DELETE /_admin/notifications?tenant=&address=",
        "PUT|DELETE /_admin/entitlements/{tenant} {entitlements}",
        "POST /_admin/token {claims, _realm, _key, _person, _header}",
        "POST /_admin/rotate-keys {realm, drop}",
        "GET /_admin/issuer",
        "POST /_admin/issuer/fault {mode: none|down|slow}",
        "POST /_admin/issuer/introspection/fault {mode: none|down|slow, latencyMs}",
        "POST /_admin/issuer/revoke {token} | {sid} | {sub} | {sub, client}",
        "PUT /_admin/services/{client} {keys}",
        "GET|POST /_admin/services {guarded, lifetimeS, down, latencyMs, revoke}",
        "GET|POST|DELETE /_admin/sources/{source}/fault {latencyMs, errorRate, status, mode}",
        "POST /_admin/records/{source}?tenant=&listedFor=",
        "DELETE /_admin/records/{source}/{type}/{id}?tenant=",
        "GET /_admin/calls/{source}",
        "DELETE /_admin/calls",
    ]);
    let tenants = world.tenants();
    Json(json!({ "routes": routes, "sources": Source::names(), "modes": Mode::NAMES, "tenants": tenants }))
        .into_response()
}

/// `GET /_admin/people`: everybody, with claims that fit them.
pub(super) async fn people(State(world): Shared) -> Response {
    let person = |person: &crate::DemoPerson| {
        json!({
            "tenant": person.tenant,
            "patientId": person.patient_id,
            "subject": person.subject,
            "name": person.name,
            "claims": person.claims(),
        })
    };
    Json(world.people.iter().map(person).collect::<Vec<Value>>()).into_response()
}

/// `GET /_admin/delegations`: who may act for whom among the people.
pub(super) async fn delegations(State(world): Shared) -> Response {
    Json(&world.delegations).into_response()
}

/// `GET /_admin/sources/{source}/fault`
pub(super) async fn fault(State(world): Shared, Path(source): Path<String>) -> Response {
    let Some(source) = Source::named(&source) else {
        return unknown_source();
    };
    Json(world.faults().get(source)).into_response()
}

/// `POST /_admin/sources/{source}/fault`
pub(super) async fn set_fault(
    State(world): Shared,
    Path(source): Path<String>,
    body: Bytes,
) -> Response {
    let Some(source) = Source::named(&source) else {
        return unknown_source();
    };
    match Fault::parse(&body) {
        Ok(fault) => {
            world.faults().set(source, fault.clone());
            Json(fault).into_response()
        }
        Err(error) => refusal(
            StatusCode::UNPROCESSABLE_ENTITY,
            &error.to_string(),
            &json!({ "latencyMs": "0..60000", "errorRate": "0..1", "status": "400..599", "mode": Mode::NAMES }),
        ),
    }
}

/// `DELETE /_admin/sources/{source}/fault`
pub(super) async fn clear_fault(State(world): Shared, Path(source): Path<String>) -> Response {
    let Some(source) = Source::named(&source) else {
        return unknown_source();
    };
    world.faults().clear(source);
    StatusCode::NO_CONTENT.into_response()
}

/// Where a record goes.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Place {
    tenant: Option<String>,
    listed_for: Option<String>,
}

/// `POST /_admin/records/{source}`: stores the body as it is.
pub(super) async fn put_record(
    State(world): Shared,
    Path(source): Path<String>,
    Query(place): Query<Place>,
    body: Bytes,
) -> Response {
    let Some(source) = Source::named(&source) else {
        return unknown_source();
    };
    match Record::read(body) {
        Ok(record) => {
            let tenant = place.tenant.as_deref();
            world
                .store_mut()
                .put(tenant, source, Arc::new(record), place.listed_for);
            StatusCode::CREATED.into_response()
        }
        Err(error) => {
            let allowed = json!("a JSON object with resourceType and id");
            refusal(
                StatusCode::UNPROCESSABLE_ENTITY,
                &error.to_string(),
                &allowed,
            )
        }
    }
}

/// `DELETE /_admin/records/{source}/{type}/{id}`
pub(super) async fn delete_record(
    State(world): Shared,
    Path((source, resource_type, id)): Path<(String, String, String)>,
    Query(place): Query<Place>,
) -> Response {
    let Some(source) = Source::named(&source) else {
        return unknown_source();
    };
    let tenant = place.tenant.as_deref();
    if world
        .store_mut()
        .delete(tenant, source, &resource_type, &id)
    {
        StatusCode::NO_CONTENT.into_response()
    } else {
        StatusCode::NOT_FOUND.into_response()
    }
}

/// `GET /_admin/calls/{source}`: oldest first.
pub(super) async fn calls(State(world): Shared, Path(source): Path<String>) -> Response {
    let Some(source) = Source::named(&source) else {
        return unknown_source();
    };
    Json(world.calls().of(source)).into_response()
}

/// `DELETE /_admin/calls`
pub(super) async fn reset_calls(State(world): Shared) -> StatusCode {
    world.calls().clear();
    StatusCode::NO_CONTENT
}
