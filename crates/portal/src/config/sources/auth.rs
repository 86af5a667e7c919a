//! How this service authenticates to each base. What is set for one source holds for all with the
//! same URL, and never for another URL.

use std::sync::Arc;

use portal_infrastructure::upstream::{ClientKey, ClientSettings, CredentialSettings};
use secrecy::SecretString;

use crate::config::parse;
use crate::config::reader::{Expected, Reader};
use crate::config::setting::{Form, Secrecy, Setting};

use super::settings::{FAMILIES, FHIR_AUTH, FHIR_URL};

/// The settings of one credential.
pub(in crate::config) struct AuthFamily {
    auth: Setting,
    token: Setting,
    client_id: Setting,
    client_key: Setting,
    key_id: Setting,
    token_url: Setting,
    scope: Setting,
}

impl AuthFamily {
    pub(in crate::config) fn settings(&self) -> [&Setting; 7] {
        [
            &self.auth,
            &self.token,
            &self.client_id,
            &self.client_key,
            &self.key_id,
            &self.token_url,
            &self.scope,
        ]
    }

    const fn of_client(&self) -> [&Setting; 5] {
        [
            &self.client_id,
            &self.client_key,
            &self.key_id,
            &self.token_url,
            &self.scope,
        ]
    }
}

macro_rules! auth_family {
    ($prefix:literal) => {
        $crate::config::sources::auth::family([
            concat!($prefix, "_AUTH"),
            concat!($prefix, "_AUTH_TOKEN"),
            concat!($prefix, "_CLIENT_ID"),
            concat!($prefix, "_CLIENT_KEY"),
            concat!($prefix, "_CLIENT_KEY_ID"),
            concat!($prefix, "_TOKEN_URL"),
            concat!($prefix, "_SCOPE"),
        ])
    };
}
pub(super) use auth_family;

pub(super) const fn family(names: [&'static str; 7]) -> AuthFamily {
    let [auth, token, client_id, client_key, key_id, token_url, scope] = names;
    AuthFamily {
        auth: Setting::new(
            auth,
            Form::Choice("none | bearer | client-credentials"),
            "client-credentials",
            "How this service authenticates there: by a fixed token, by tokens that it asks for \
             (SMART Backend Services), or not at all, which production refuses unless \
             MESH_MTLS=true.",
        )
        .derived("what a source with the same URL says, else none"),
        token: Setting::new(
            token,
            Form::Text,
            "<as the source says it>",
            "The fixed token of `bearer`.",
        )
        .secrecy(Secrecy::Secret),
        client_id: Setting::new(
            client_id,
            Form::Text,
            "patient-portal",
            "The client of `client-credentials`.",
        ),
        client_key: Setting::new(
            client_key,
            Form::Own("PEM of an RSA (>= 2048 bits) or P-384 private key"),
            "<openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-384>",
            "What its assertions are signed with, RS384 or ES384.",
        )
        .secrecy(Secrecy::Secret),
        key_id: Setting::new(
            key_id,
            Form::Text,
            "portal-2026",
            "The `kid` by which the server knows that key.",
        ),
        token_url: Setting::new(
            token_url,
            Form::Url,
            "https://auth.example.org/token",
            "Where its tokens are; {tenant} in it stands for the tenant where the base's URL has \
             it, too.",
        )
        .derived("token_endpoint of <URL>/.well-known/smart-configuration"),
        scope: Setting::new(
            scope,
            Form::Text,
            "system/*.rs",
            "The scope that its tokens are asked for with.",
        )
        .derived("system/*.rs"),
    }
}

/// The credential of a base.
pub(in crate::config) fn credential_at(
    reader: &mut Reader<'_>,
    url: &str,
    mesh: bool,
) -> Option<CredentialSettings> {
    let families = families_at(reader, url);
    let (said, unsaid): (Vec<_>, Vec<_>) = families
        .into_iter()
        .partition(|family| reader.is_set(&family.auth));
    for family in unsaid {
        refuse(reader, &family.settings()[1..], &family.auth, "is not set");
    }
    let Some((first, others)) = said.split_first() else {
        return Some(CredentialSettings::None);
    };
    for other in others {
        let same = |(one, two): (&Setting, &Setting)| reader.text(one) == reader.text(two);
        if !first.settings().into_iter().zip(other.settings()).all(same) {
            let problem = format!("and what is beside it differ from {}", first.auth.name);
            reader.fault(&other.auth, problem, "the same, because both have one URL");
        }
    }
    credential(reader, first, (url, mesh))
}

/// What the settings of sources with a URL say; first what is said of all without a URL of theirs.
fn families_at(reader: &Reader<'_>, url: &str) -> Vec<&'static AuthFamily> {
    let is_this = |text: Option<&str>| text.is_some_and(|text| text.trim_end_matches('/') == url);
    let shared = reader.text(&FHIR_URL);
    let mut families: Vec<&'static AuthFamily> = Vec::new();
    for family in &FAMILIES {
        let own = reader.text(&family.url);
        if own.is_none() && is_this(shared) && families.first().is_none_or(|first| !is_fhir(first))
        {
            families.insert(0, &FHIR_AUTH);
        }
        if is_this(own.or(shared)) {
            families.push(&family.auth);
        }
    }
    families
}

fn is_fhir(family: &AuthFamily) -> bool {
    family.auth.name == FHIR_AUTH.auth.name
}

/// Says that what is set for all without a URL of their own is for nobody.
pub(super) fn check_shared(reader: &mut Reader<'_>) {
    let has_own = |family: &super::Family| reader.is_set(&family.url);
    if FAMILIES.iter().all(has_own) {
        let settings = FHIR_AUTH.settings();
        refuse(reader, &settings, &FHIR_URL, "is no source's");
    }
}

fn credential(
    reader: &mut Reader<'_>,
    family: &'static AuthFamily,
    (url, mesh): (&str, bool),
) -> Option<CredentialSettings> {
    match reader.read(&family.auth, method)? {
        Method::None => {
            refuse(reader, &family.settings()[1..], &family.auth, "is none");
            Some(CredentialSettings::None)
        }
        Method::Bearer => {
            refuse(reader, &family.of_client(), &family.auth, "is bearer");
            check_one_origin(reader, family, url);
            let token = needed(reader, &family.token, &family.auth, token)?;
            Some(CredentialSettings::Bearer(token))
        }
        Method::Client => {
            refuse(
                reader,
                &[&family.token],
                &family.auth,
                "is client-credentials",
            );
            let client = client(reader, family, (url, mesh))?;
            Some(CredentialSettings::Client(Arc::new(client)))
        }
    }
}

fn client(
    reader: &mut Reader<'_>,
    family: &AuthFamily,
    (url, mesh): (&str, bool),
) -> Option<ClientSettings> {
    let id = needed(reader, &family.client_id, &family.auth, parse::text);
    let key = needed(reader, &family.client_key, &family.auth, key);
    let key_id = needed(reader, &family.key_id, &family.auth, parse::text);
    let token_url = reader.read(&family.token_url, |value| {
        let fits = |of: &String| !of.contains("{tenant}") || url.contains("{tenant}");
        let address = parse::http_url(value)?;
        Some(address)
            .filter(fits)
            .ok_or("{tenant} only where the URL of the source has it")
    });
    if let Some(address) = token_url.as_ref().filter(|_| !mesh) {
        parse::require_https(reader, &family.token_url, address);
    }
    let scope = reader.read(&family.scope, parse::text);
    Some(ClientSettings {
        id: id?,
        key: key?,
        key_id: key_id?,
        token_url,
        scope: scope.unwrap_or_else(|| "system/*.rs".to_owned()),
    })
}

/// A value that another setting needs.
fn needed<T>(
    reader: &mut Reader<'_>,
    setting: &Setting,
    by: &Setting,
    parse: impl FnOnce(&str) -> Result<T, Expected>,
) -> Option<T> {
    if reader.text(setting).is_none() {
        let method = reader.text(by).unwrap_or_default();
        let problem = format!("is missing, and {} is {method}", by.name);
        reader.fault(setting, problem, setting.form.as_str());
    }
    reader.read(setting, parse)
}

/// Refuses what is given and would go unused: somebody believes it to be in use.
fn refuse(reader: &mut Reader<'_>, settings: &[&Setting], by: &Setting, why: &str) {
    for setting in settings {
        if reader.is_set(setting) {
            let problem = format!("is given, and {} {why}", by.name);
            reader.fault(setting, problem, "no value, or the method that uses it");
        }
    }
}

// A fixed token is one origin's.
fn check_one_origin(reader: &mut Reader<'_>, family: &AuthFamily, url: &str) {
    let host = url
        .split("://")
        .nth(1)
        .and_then(|rest| rest.split('/').next());
    if host.is_some_and(|host| host.contains("{tenant}")) {
        let problem = "is bearer, and each tenant has a host of its own";
        reader.fault(&family.auth, problem, "client-credentials");
    }
}

#[derive(Clone, Copy)]
enum Method {
    None,
    Bearer,
    Client,
}

fn method(value: &str) -> Result<Method, Expected> {
    match value {
        "none" => Ok(Method::None),
        "bearer" => Ok(Method::Bearer),
        "client-credentials" => Ok(Method::Client),
        _ => Err("none, bearer or client-credentials"),
    }
}

fn token(value: &str) -> Result<SecretString, Expected> {
    if value.bytes().all(|byte| byte.is_ascii_graphic()) {
        Ok(SecretString::from(value))
    } else {
        Err("visible ASCII without spaces")
    }
}

fn key(value: &str) -> Result<ClientKey, Expected> {
    value.parse().map_err(
        |_| "a readable PEM of an RSA private key of 2048 bits or more, or of one on P-384",
    )
}
