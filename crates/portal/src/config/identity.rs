//! Who issues tokens, for which audience, and what their claims mean.

use std::time::Duration;

use portal_domain::id::ClientId;
use portal_infrastructure::identity::{AcrLevels, IssuerSettings, OidcSettings, parse_issuers};

use super::parse;
use super::reader::Reader;
use super::service;
use super::setting::{Form, Role, Secrecy, Setting};

const SERVE: &[Role] = &[Role::Serve];

pub(super) static KEYCLOAK_REALM_URL: Setting = Setting::new(
    "KEYCLOAK_REALM_URL",
    Form::Url,
    "https://id.example.org/realms/patients",
    "The issuer of tokens, exactly as their `iss` says it. Its tokens carry the tenant claim. \
     This or OIDC_ISSUERS is needed.",
);
pub(super) static OIDC_ISSUERS: Setting = Setting::new(
    "OIDC_ISSUERS",
    Form::Own("comma list of url[|tenant]"),
    "https://id.example.org/realms/kabul|kabul",
    "More issuers. One that is bound to a tenant vouches for that tenant only.",
);
pub(super) static PORTAL_AUDIENCE: Setting = Setting::new(
    "PORTAL_AUDIENCE",
    Form::Text,
    "patient-portal",
    "The audience of tokens for /v1/portal. Not `account` and no client's id.",
)
.needed_by(SERVE);
pub(super) static FHIR_AUDIENCE: Setting = Setting::new(
    "FHIR_AUDIENCE",
    Form::Text,
    "https://portal.example.org/fhir/R4",
    "The audience of tokens for /fhir/R4. Not `account` and no client's id.",
)
.derived("PUBLIC_URL + /fhir/R4");
pub(super) static FIRST_PARTY_CLIENTS: Setting = Setting::new(
    "FIRST_PARTY_CLIENTS",
    Form::List,
    "portal-web,portal-mobile",
    "Clients that may use /v1/portal.",
)
.needed_by(SERVE);
pub(super) static OIDC_CLIENT_ID: Setting = Setting::new(
    "OIDC_CLIENT_ID",
    Form::Text,
    "portal-api",
    "The client as which issuers are asked whether a token still counts (RFC 7662). Without it \
     third-party apps are refused, and so are actions that need a fresh second factor.",
);
pub(super) static OIDC_CLIENT_SECRET: Setting = Setting::new(
    "OIDC_CLIENT_SECRET",
    Form::Text,
    "<as the issuer says it>",
    "Its secret, the same at every issuer. Both of the two or neither.",
)
.secrecy(Secrecy::Secret);
pub(super) static TENANT_CLAIM: Setting = Setting::new(
    "TENANT_CLAIM",
    Form::Text,
    "tid",
    "The claim that names the tenant.",
)
.default("tid");
pub(super) static PATIENT_CLAIM: Setting = Setting::new(
    "PATIENT_CLAIM",
    Form::Text,
    "patient",
    "The claim of the SMART launch context.",
)
.default("patient");
pub(super) static ACR_LEVELS: Setting = Setting::new(
    "ACR_LEVELS",
    Form::Own("comma list of acr=level"),
    "1=1,2=2",
    "The level of each `acr`, from 0 to 255; unlisted ones are 0. From 2 on it counts as a second \
     factor. This or MFA_AMR is needed.",
);
pub(super) static MFA_AMR: Setting = Setting::new(
    "MFA_AMR",
    Form::List,
    "mfa,otp,hwk",
    "Values of `amr` that count as a second factor. This or ACR_LEVELS is needed.",
);
pub(super) static MAX_TOKEN_LIFETIME: Setting = Setting::new(
    "MAX_TOKEN_LIFETIME",
    Form::Integer,
    "900",
    "The longest `exp` minus `iat` of a token; only development allows more than 900.",
)
.unit("seconds")
.default("900");

pub(super) static SETTINGS: [&Setting; 12] = [
    &KEYCLOAK_REALM_URL,
    &OIDC_ISSUERS,
    &PORTAL_AUDIENCE,
    &FHIR_AUDIENCE,
    &FIRST_PARTY_CLIENTS,
    &OIDC_CLIENT_ID,
    &OIDC_CLIENT_SECRET,
    &TENANT_CLAIM,
    &PATIENT_CLAIM,
    &ACR_LEVELS,
    &MFA_AMR,
    &MAX_TOKEN_LIFETIME,
];

pub(super) fn identity(
    reader: &mut Reader<'_>,
    issuers: Option<Vec<IssuerSettings>>,
    public_url: Option<&str>,
) -> Option<OidcSettings> {
    let clients = |value: &str| parse::items::<ClientId>(value, "client ids between commas");
    let clients = reader.read(&FIRST_PARTY_CLIENTS, clients);
    let client = parse::client(reader, &OIDC_CLIENT_ID, &OIDC_CLIENT_SECRET);
    let own = client.iter().map(|client| &client.id);
    let ids: Vec<&ClientId> = clients.iter().flatten().chain(own).collect();
    let portal_audience = audience(reader, &PORTAL_AUDIENCE, &ids);
    let fhir_audience = match reader.text(&FHIR_AUDIENCE) {
        Some(_) => audience(reader, &FHIR_AUDIENCE, &ids),
        None => public_url.map(|url| format!("{url}/fhir/R4")),
    };
    if portal_audience.is_some() && portal_audience == fhir_audience {
        reader.fault(
            &FHIR_AUDIENCE,
            "is the same as PORTAL_AUDIENCE",
            "an audience of its own",
        );
    }
    let tenant_claim = reader.read(&TENANT_CLAIM, parse::text);
    let patient_claim = reader.read(&PATIENT_CLAIM, parse::text);
    let (acr_levels, mfa_methods) = second_factor(reader);
    let max_token_lifetime = lifetime(reader);
    Some(OidcSettings {
        issuers: issuers?,
        portal_audience: portal_audience?,
        fhir_audience: fhir_audience?,
        first_party_clients: clients?,
        client,
        tenant_claim: tenant_claim?,
        patient_claim: patient_claim?,
        acr_levels,
        mfa_methods,
        max_token_lifetime: max_token_lifetime?,
    })
}

/// Those that issue patients' tokens; none if there are none.
pub(super) fn issuers(reader: &mut Reader<'_>) -> Option<Vec<IssuerSettings>> {
    let realm = reader.read(&KEYCLOAK_REALM_URL, |value| {
        let issuer = IssuerSettings::parse(value)
            .ok()
            .filter(|issuer| issuer.tenant.is_none());
        issuer.ok_or("an http(s) URL without user, query or fragment")
    });
    let more = reader
        .read_adapted(&OIDC_ISSUERS, parse_issuers)
        .unwrap_or_default();
    let is_missing = |setting| reader.text(setting).is_none() && reader.needs(&PORTAL_AUDIENCE);
    if is_missing(&KEYCLOAK_REALM_URL) && is_missing(&OIDC_ISSUERS) {
        reader.fault(
            &KEYCLOAK_REALM_URL,
            "is missing, and OIDC_ISSUERS too",
            "one of the two",
        );
    }
    let mut issuers: Vec<IssuerSettings> = Vec::new();
    let named = realm
        .into_iter()
        .map(|issuer| (&KEYCLOAK_REALM_URL, issuer));
    for (setting, issuer) in named.chain(more.into_iter().map(|one| (&OIDC_ISSUERS, one))) {
        parse::require_https(reader, setting, issuer.issuer.as_str());
        if issuers
            .iter()
            .any(|earlier| earlier.issuer == issuer.issuer)
        {
            reader.fault(setting, "repeats an issuer", "each issuer once");
        }
        issuers.push(issuer);
    }
    (!issuers.is_empty()).then_some(issuers)
}

// Every Keycloak token names `account`, and ID tokens name the client: either would let tokens in
// that were never meant for this service.
fn audience(reader: &mut Reader<'_>, setting: &Setting, clients: &[&ClientId]) -> Option<String> {
    let audience = reader.read(setting, parse::text)?;
    let is_client = clients.iter().any(|client| client.as_str() == audience);
    if audience == "account" || is_client {
        reader.fault(
            setting,
            "is `account` or the id of a client",
            "an audience that only tokens for this service carry",
        );
    }
    Some(audience)
}

fn second_factor(reader: &mut Reader<'_>) -> (AcrLevels, Vec<String>) {
    let missing = reader.text(&ACR_LEVELS).is_none() && reader.text(&MFA_AMR).is_none();
    if missing && reader.needs(&PORTAL_AUDIENCE) {
        reader.fault(&ACR_LEVELS, "is missing, and MFA_AMR too", "one of the two");
    }
    let levels = reader.read_adapted(&ACR_LEVELS, AcrLevels::parse);
    let methods = reader.text(&MFA_AMR).map(parse::list).into_iter().flatten();
    (
        levels.unwrap_or_default(),
        methods.map(str::to_owned).collect(),
    )
}

fn lifetime(reader: &mut Reader<'_>) -> Option<Duration> {
    let seconds = parse::integer(1..=31_536_000, "seconds from 1 to 31536000");
    let seconds = reader.read(&MAX_TOKEN_LIFETIME, seconds)?;
    if reader.in_production() && seconds > 900 {
        let problem = format!(
            "is above 900, which only {} = development allows",
            service::PORTAL_PROFILE.name
        );
        reader.fault(&MAX_TOKEN_LIFETIME, problem, "at most 900");
    }
    Some(Duration::from_secs(seconds))
}
