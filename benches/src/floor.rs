//! `floor`: the least that an authenticated answer can cost. A bare axum
//! server that verifies the caller's RS256 token and answers bytes that it
//! keeps in memory: no policy, no store, no journal.

use std::collections::HashMap;
use std::error::Error;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use aws_lc_rs::digest::{SHA256, digest};
use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::serve::ListenerExt as _;
use bytes::Bytes;
use clap::Parser;
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde::Deserialize;
use tokio::net::TcpListener;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How long a verified token is remembered, as in the service.
const REMEMBERED_FOR: Duration = Duration::from_mins(1);

/// Verifies a token and answers bytes from memory
///
/// GET /verified/N verifies the token on each request; GET /remembered/N
/// verifies it once a minute and then knows it by its SHA-256. N is the place
/// of a --body in the order given, from 0. Prints its address when ready.
#[derive(Parser)]
struct Arguments {
    /// File with the issuer's JSON Web Key Set (RFC 7517)
    #[arg(long, value_name = "FILE")]
    jwks: PathBuf,

    /// What `iss` must be
    #[arg(long, value_name = "URL")]
    issuer: String,

    /// What `aud` must hold
    #[arg(long, value_name = "TEXT")]
    audience: String,

    /// File that is answered as it is; may be repeated
    #[arg(long = "body", value_name = "FILE", required = true)]
    bodies: Vec<PathBuf>,
}

#[derive(Deserialize)]
struct Claims {
    #[expect(
        dead_code,
        reason = "a token without a subject is refused by reading it"
    )]
    sub: String,
}

/// What all requests share.
struct Floor {
    keys: HashMap<String, DecodingKey>,
    validation: Validation,
    remembered: RwLock<HashMap<[u8; 32], Instant>>,
    bodies: Vec<Bytes>,
}

impl Floor {
    fn read(arguments: &Arguments) -> Result<Self, Box<dyn Error>> {
        let jwks: JwkSet = serde_json::from_slice(&std::fs::read(&arguments.jwks)?)?;
        let mut keys = HashMap::new();
        for jwk in &jwks.keys {
            if let Some(key_id) = &jwk.common.key_id {
                keys.insert(key_id.clone(), DecodingKey::from_jwk(jwk)?);
            }
        }
        let mut validation = Validation::new(Algorithm::RS256);
        validation.set_issuer(&[&arguments.issuer]);
        validation.set_audience(&[&arguments.audience]);
        let bodies = arguments.bodies.iter().map(std::fs::read);
        Ok(Self {
            keys,
            validation,
            remembered: RwLock::default(),
            bodies: bodies
                .map(|body| body.map(Bytes::from))
                .collect::<io::Result<_>>()?,
        })
    }

    fn verifies(&self, token: &str) -> bool {
        let Some(key) = decode_header(token)
            .ok()
            .and_then(|header| self.keys.get(&header.kid?))
        else {
            return false;
        };
        decode::<Claims>(token, key, &self.validation).is_ok()
    }

    fn remembers(&self, token: &str) -> bool {
        let hashed = digest(&SHA256, token.as_bytes());
        let Ok(hash) = <[u8; 32]>::try_from(hashed.as_ref()) else {
            return false;
        };
        let known = self
            .remembered
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&hash)
            .copied();
        if known.is_some_and(|verified| verified.elapsed() < REMEMBERED_FOR) {
            return true;
        }
        let is_valid = self.verifies(token);
        if is_valid {
            let mut remembered = self
                .remembered
                .write()
                .unwrap_or_else(PoisonError::into_inner);
            remembered.insert(hash, Instant::now());
        }
        is_valid
    }

    fn answer(&self, is_known: bool, place: usize) -> Response {
        if !is_known {
            return StatusCode::UNAUTHORIZED.into_response();
        }
        match self.bodies.get(place) {
            Some(body) => {
                ([(header::CONTENT_TYPE, "application/json")], body.clone()).into_response()
            }
            None => StatusCode::NOT_FOUND.into_response(),
        }
    }
}

fn bearer(headers: &HeaderMap) -> &str {
    headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.strip_prefix("Bearer "))
        .unwrap_or_default()
}

async fn verified(
    State(floor): State<Arc<Floor>>,
    Path(place): Path<usize>,
    headers: HeaderMap,
) -> Response {
    floor.answer(floor.verifies(bearer(&headers)), place)
}

async fn remembered(
    State(floor): State<Arc<Floor>>,
    Path(place): Path<usize>,
    headers: HeaderMap,
) -> Response {
    floor.answer(floor.remembers(bearer(&headers)), place)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let floor = Arc::new(Floor::read(&Arguments::parse())?);
    let router = Router::new()
        .route("/verified/{place}", get(verified))
        .route("/remembered/{place}", get(remembered))
        .with_state(floor);
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    writeln!(io::stdout(), "{}", listener.local_addr()?)?;
    let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
    axum::serve(listener, router).await?;
    Ok(())
}
