//! What services say beside FHIR: who people are, what is sent to them, and
//! what their tenants have licensed.

use std::sync::Arc;

use axum::http::{Method, StatusCode};
use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Value, json};
use url::form_urlencoded;

use super::answer::{Answer, Call};
use crate::notification::{Notification, SentNotification};
use crate::registered::{contacts, holders, is_meant, patient, summary};
use crate::search::Search;
use crate::source::Source;
use crate::world::World;

/// The tenant of calls that name none.
const NO_TENANT: &str = "demo";

/// Answers a call of something that is no FHIR interaction; nothing for those
/// that are.
pub(super) fn answer(world: &World, call: &Call) -> Option<Answer> {
    let segments: Vec<&str> = call.path.split('/').collect();
    let read = call.method == Method::GET;
    Some(match (call.source, segments.as_slice(), read) {
        (Source::Registration, ["api", "v1", "patients", "match"], false) => matched(world, call),
        (Source::Registration, ["api", "v1", "patients", id, "contacts"], true) => {
            patient_contacts(world, call, id)
        }
        (Source::Claims, ["api", "v1", "statements"], true) => statements(world, call, false),
        (Source::Communication, ["v1", "communication", "notifications"], false) => {
            take_notification(world, call)
        }
        (Source::Identity, ["entitlements"], true) => entitlements(world, call),
        (source, _, true) if source.is_fhir() => return None,
        _ => Answer::Refusal(StatusCode::NOT_FOUND, "no such interaction"),
    })
}

fn answered(status: StatusCode, value: &Value) -> Answer {
    Answer::Json(status, Bytes::from(value.to_string()))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Match {
    mrn: String,
    birth_date: String,
}

/// `POST …/api/v1/patients/match`
fn matched(world: &World, call: &Call) -> Answer {
    let Ok(asked) = serde_json::from_slice::<Match>(&call.body) else {
        return Answer::Refusal(StatusCode::BAD_REQUEST, "not a match {mrn, birthDate}");
    };
    let patients = patients(world, call);
    let is_shared = shared(world, call, &patients);
    let meant = patients
        .iter()
        .filter(|patient| is_meant(patient, &asked.mrn, &asked.birth_date));
    let found: Vec<Value> = meant
        .map(|patient| summary(patient, &contacts(patient, &is_shared)))
        .collect();
    answered(StatusCode::OK, &json!({ "patients": found }))
}

/// `GET …/api/v1/patients/{id}/contacts`
fn patient_contacts(world: &World, call: &Call, id: &str) -> Answer {
    let patients = patients(world, call);
    let is_shared = shared(world, call, &patients);
    match patients.iter().find(|patient| patient["id"] == id) {
        Some(patient) => {
            let contacts = contacts(patient, is_shared);
            answered(StatusCode::OK, &json!({ "contacts": contacts }))
        }
        None => Answer::Refusal(StatusCode::NOT_FOUND, "no such patient"),
    }
}

fn patients(world: &World, call: &Call) -> Vec<Value> {
    let store = world.store();
    let records = store.of_type(call.tenant.as_deref(), call.source, "Patient");
    records.iter().map(|record| patient(record)).collect()
}

/// Whether an address is several patients', or is said to be or not to be.
fn shared<'a>(world: &World, call: &Call, patients: &[Value]) -> impl Fn(&str) -> bool + use<'a> {
    let holders = holders(patients.iter());
    let tenant = call.tenant.clone().unwrap_or_else(|| NO_TENANT.to_owned());
    let said = world.shared_contacts().clone();
    move |address| {
        let key = (tenant.clone(), address.to_owned());
        let several = holders.get(address).is_some_and(|count| *count > 1);
        said.get(&key).copied().unwrap_or(several)
    }
}

/// `GET …/api/v1/statements?patientId=`: kept as if they were resources, and told as they are kept.
fn statements(world: &World, call: &Call, with_foreign: bool) -> Answer {
    let mut query = form_urlencoded::parse(call.query.as_bytes());
    let patient = query.find(|(name, _)| name == "patientId");
    let Some((_, patient)) = patient else {
        return Answer::Refusal(StatusCode::BAD_REQUEST, "patientId is needed");
    };
    let Ok(search) = Search::parse(&format!("patient={patient}")) else {
        return Answer::Refusal(StatusCode::BAD_REQUEST, "not a patient's id");
    };
    let store = world.store();
    let (tenant, kind) = (call.tenant.as_deref(), "Statement");
    let mut found = store.search(tenant, call.source, kind, &search);
    if with_foreign {
        found.extend(store.foreign(tenant, call.source, kind, &search));
    }
    let texts = found.iter().map(|it| String::from_utf8_lossy(&it.bytes));
    let mut texts: Vec<String> = texts.map(std::borrow::Cow::into_owned).collect();
    if with_foreign {
        // And one that is made up, should nobody else have any.
        let amount = json!({"value": "1.00", "currency": "AFN"});
        let other = json!({"id": "foreign-1", "patientId": "somebody-else", "total": amount});
        texts.push(other.to_string());
    }
    let body = format!(r#"{{"statements":[{}]}}"#, texts.join(","));
    Answer::Json(StatusCode::OK, Bytes::from(body))
}

/// The right statements, and other patients' beside them.
pub(super) fn foreign_statements(world: &World, call: &Call) -> Option<Answer> {
    let asked = call.path.ends_with("api/v1/statements");
    asked.then(|| statements(world, call, true))
}

/// `POST /communication/v1/communication/notifications`: 202, and 200 for one
/// that was taken before.
fn take_notification(world: &World, call: &Call) -> Answer {
    let (Some(tenant), Some(key)) = (&call.tenant, &call.idempotency_key) else {
        let text = "X-Tenant-ID and Idempotency-Key are needed";
        return Answer::Refusal(StatusCode::BAD_REQUEST, text);
    };
    let Ok(notification) = serde_json::from_slice::<Notification>(&call.body) else {
        return Answer::Refusal(StatusCode::UNPROCESSABLE_ENTITY, "not a notification");
    };
    let is_first = world.notifications().take(SentNotification {
        tenant: tenant.clone(),
        idempotency_key: key.clone(),
        notification,
    });
    let status = if is_first {
        StatusCode::ACCEPTED
    } else {
        StatusCode::OK
    };
    answered(status, &json!({ "status": "accepted" }))
}

/// `GET /identity/entitlements?tenantId=`
fn entitlements(world: &World, call: &Call) -> Answer {
    let mut query = form_urlencoded::parse(call.query.as_bytes());
    let tenant = query.find(|(name, _)| name == "tenantId");
    let tenant = tenant.map(|(_, tenant)| tenant.into_owned());
    match world.entitlements().get(&tenant.unwrap_or_default()) {
        Some(keys) => answered(StatusCode::OK, &json!({ "entitlements": keys })),
        None => Answer::Refusal(StatusCode::NOT_FOUND, "no such tenant"),
    }
}

/// Another patient's record in the place of the one that is asked for.
pub(super) fn foreign_patient(world: &World, call: &Call) -> Option<Answer> {
    let id = call.path.strip_prefix("Patient/")?;
    let store = world.store();
    let records = store.of_type(call.tenant.as_deref(), call.source, "Patient");
    let mut others = records.iter().filter(|record| record.id != id);
    others
        .next()
        .map(|record| Answer::Resource(Arc::clone(record).bytes.clone()))
}
