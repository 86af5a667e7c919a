//! Switches of the services that know and notify people.

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde::Deserialize;
use serde_json::json;

use super::{Shared, refusal};
use crate::world::PatientChange;

/// Whose patient or notification is meant.
#[derive(Deserialize)]
pub(in crate::http) struct Whose {
    tenant: Option<String>,
    address: Option<String>,
}

/// `GET /_admin/registrants`: who has a record and no account yet.
pub(in crate::http) async fn registrants(State(world): Shared) -> Response {
    Json(&world.registrants).into_response()
}

/// `GET /_admin/staff`
pub(in crate::http) async fn staff() -> Response {
    Json(crate::staff::everyone()).into_response()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Merge {
    into: String,
}

/// `POST /_admin/patients/{id}/merge?tenant=`
pub(in crate::http) async fn merge(
    State(world): Shared,
    Path(id): Path<String>,
    Query(whose): Query<Whose>,
    body: Bytes,
) -> Response {
    let Ok(merge) = serde_json::from_slice::<Merge>(&body) else {
        let allowed = json!({ "into": "id of a Patient" });
        return refusal(StatusCode::UNPROCESSABLE_ENTITY, "not a merge", &allowed);
    };
    let change = PatientChange::MergedInto(&merge.into);
    changed(world.change_patient(whose.tenant.as_deref(), &id, change))
}

/// `POST /_admin/patients/{id}/deceased?tenant=`
pub(in crate::http) async fn deceased(
    State(world): Shared,
    Path(id): Path<String>,
    Query(whose): Query<Whose>,
) -> Response {
    let change = PatientChange::Deceased;
    changed(world.change_patient(whose.tenant.as_deref(), &id, change))
}

fn changed(is_changed: bool) -> Response {
    if is_changed {
        return StatusCode::NO_CONTENT.into_response();
    }
    let allowed = json!("Patients of the tenant that are not so already");
    refusal(
        StatusCode::CONFLICT,
        "no such Patient, or it is so already",
        &allowed,
    )
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SharedContact {
    address: String,
    shared: bool,
}

/// `POST /_admin/contacts?tenant=`
pub(in crate::http) async fn set_shared(
    State(world): Shared,
    Query(whose): Query<Whose>,
    body: Bytes,
) -> Response {
    let Ok(contact) = serde_json::from_slice::<SharedContact>(&body) else {
        let allowed = json!({ "address": "text", "shared": [false, true] });
        return refusal(StatusCode::UNPROCESSABLE_ENTITY, "not a contact", &allowed);
    };
    world.share_contact(whose.tenant.as_deref(), &contact.address, contact.shared);
    StatusCode::NO_CONTENT.into_response()
}

/// `GET /_admin/notifications?tenant=&address=`: oldest first.
pub(in crate::http) async fn notifications(
    State(world): Shared,
    Query(whose): Query<Whose>,
) -> Response {
    let (tenant, address) = (whose.tenant.as_deref(), whose.address.as_deref());
    Json(world.notifications().find(tenant, address)).into_response()
}

/// `DELETE /_admin/notifications`
pub(in crate::http) async fn forget_notifications(State(world): Shared) -> StatusCode {
    world.notifications().clear();
    StatusCode::NO_CONTENT
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Licensed {
    entitlements: Vec<String>,
}

/// `PUT /_admin/entitlements/{tenant}`
pub(in crate::http) async fn set_entitlements(
    State(world): Shared,
    Path(tenant): Path<String>,
    body: Bytes,
) -> Response {
    let Ok(licensed) = serde_json::from_slice::<Licensed>(&body) else {
        let allowed = json!({ "entitlements": ["ehr.portal"] });
        let text = "not a list of licence keys";
        return refusal(StatusCode::UNPROCESSABLE_ENTITY, text, &allowed);
    };
    world.entitlements().insert(tenant, licensed.entitlements);
    StatusCode::NO_CONTENT.into_response()
}

/// `DELETE /_admin/entitlements/{tenant}`: the tenant is unknown from then on.
pub(in crate::http) async fn forget_entitlements(
    State(world): Shared,
    Path(tenant): Path<String>,
) -> StatusCode {
    world.entitlements().remove(&tenant);
    StatusCode::NO_CONTENT
}
