//! The part of Keycloak's Admin REST API that concerns single users.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde_json::{Map, Value};

use super::issuer::{error, reached};
use crate::issuer::{Issuer, Realm, Revocation};
use crate::world::World;

type Shared = State<Arc<World>>;

/// `GET /admin/realms/{realm}/users/{id}`
pub(super) async fn user(
    State(world): Shared,
    Path((realm, id)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    administered(&world, &realm, &headers, |issuer, realm| {
        let found = issuer.users().representation(&realm.name, &id);
        found.map_or_else(
            || unknown("User not found"),
            |user| Json(user).into_response(),
        )
    })
    .await
}

/// `PUT /admin/realms/{realm}/users/{id}`
pub(super) async fn put_user(
    State(world): Shared,
    Path((realm, id)): Path<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    administered(&world, &realm, &headers, |issuer, realm| {
        let Some(attributes) = attributes(&body) else {
            return error(StatusCode::BAD_REQUEST, "not a user with lists of texts");
        };
        done(
            issuer.users().put(&realm.name, &id, &attributes),
            "User not found",
        )
    })
    .await
}

/// The attributes of a representation: lists of texts.
fn attributes(body: &[u8]) -> Option<Map<String, Value>> {
    let user: Value = serde_json::from_slice(body).ok()?;
    let is_list = |value: &Value| {
        let values = value.as_array();
        values.is_some_and(|values| values.iter().all(Value::is_string))
    };
    match user.as_object()?.get("attributes") {
        None => Some(Map::new()),
        Some(Value::Object(attributes)) if attributes.values().all(is_list) => {
            Some(attributes.clone())
        }
        Some(_) => None,
    }
}

/// `POST /admin/realms/{realm}/users/{id}/logout`
pub(super) async fn logout(
    State(world): Shared,
    Path((realm, id)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    administered(&world, &realm, &headers, |issuer, realm| {
        let is_known = issuer.users().has(&realm.name, &id);
        if is_known {
            issuer.revoke(Revocation::Subject(id.clone()));
        }
        done(is_known, "User not found")
    })
    .await
}

/// `DELETE /admin/realms/{realm}/users/{id}/consents/{client}`
pub(super) async fn revoke_consent(
    State(world): Shared,
    Path((realm, id, client)): Path<(String, String, String)>,
    headers: HeaderMap,
) -> Response {
    administered(&world, &realm, &headers, |issuer, realm| {
        let was_granted = issuer.users().revoke_consent(&realm.name, &id, &client);
        if was_granted {
            issuer.revoke(Revocation::Client {
                subject: id.clone(),
                client: client.clone(),
            });
        }
        done(was_granted, "Consent nor offline token not found")
    })
    .await
}

/// What an administrator does to a realm, if the token is one's.
async fn administered(
    world: &World,
    realm: &str,
    headers: &HeaderMap,
    act: impl FnOnce(&Issuer, &Realm) -> Response,
) -> Response {
    let fault = world.issuer.outages().issuer;
    let realm = match reached(world, realm, fault, Duration::ZERO).await {
        Ok(realm) => realm,
        Err((status, text)) => return error(status, text),
    };
    let sent = headers
        .get(AUTHORIZATION)
        .and_then(|sent| sent.to_str().ok());
    let token = sent.and_then(|sent| sent.strip_prefix("Bearer "));
    if token.is_some_and(|token| world.issuer.is_administrator(realm, token)) {
        act(&world.issuer, realm)
    } else {
        error(StatusCode::UNAUTHORIZED, "HTTP 401 Unauthorized")
    }
}

fn done(is_done: bool, otherwise: &str) -> Response {
    if is_done {
        StatusCode::NO_CONTENT.into_response()
    } else {
        unknown(otherwise)
    }
}

fn unknown(text: &str) -> Response {
    error(StatusCode::NOT_FOUND, text)
}
