//! Who administers the identity provider's users, whose staff is believed, and who takes links and
//! codes to people.

use portal_domain::id::{ClientId, Issuer};
use portal_domain::source::Source;
use portal_infrastructure::identity::{ClientCredentials, IssuerSettings, OidcSettings};
use portal_infrastructure::upstream::CredentialSettings;

use super::parse;
use super::reader::Reader;
use super::setting::{Form, Secrecy, Setting};
use super::sources;

pub(super) static IDENTITY_ADMIN_CLIENT_ID: Setting = Setting::new(
    "IDENTITY_ADMIN_CLIENT_ID",
    Form::Text,
    "portal-admin",
    "The service account that administers the users of Keycloak's realms: their `patient` and \
     `fhirUser`, sessions and consents. It needs the roles view-users and manage-users. Used by \
     who relays, which then needs PUBLIC_URL and the issuers too. Without it nobody is linked at \
     the provider, and a revoked app is refused its old tokens only.",
);
pub(super) static IDENTITY_ADMIN_CLIENT_SECRET: Setting = Setting::new(
    "IDENTITY_ADMIN_CLIENT_SECRET",
    Form::Text,
    "<as the realm says it>",
    "Its secret, the same in every realm. Both of the two or neither.",
)
.secrecy(Secrecy::Secret);
pub(super) static STAFF_ISSUER_URL: Setting = Setting::new(
    "STAFF_ISSUER_URL",
    Form::Url,
    "https://id.example.org/realms/staff",
    "The issuer of staff tokens, exactly as their `iss` says it; believed for /internal only. \
     Without it nobody is.",
);
pub(super) static STAFF_AUDIENCE: Setting = Setting::new(
    "STAFF_AUDIENCE",
    Form::Text,
    "patient-portal-internal",
    "The audience of staff tokens. Not `account` and no client's id.",
)
.default("patient-portal-internal");
pub(super) static SETTINGS: [&Setting; 4] = [
    &IDENTITY_ADMIN_CLIENT_ID,
    &IDENTITY_ADMIN_CLIENT_SECRET,
    &STAFF_ISSUER_URL,
    &STAFF_AUDIENCE,
];

/// Whose staff is believed.
#[derive(Debug, Clone)]
pub struct StaffIdentity {
    /// Who issues their tokens.
    pub issuer: Issuer,
    /// For whom these are.
    pub audience: String,
}

/// The systems that know and reach people.
#[derive(Debug, Clone)]
pub struct PeopleConfig {
    /// Who this service is to the identity provider's administration; none without one.
    pub identity_admin: Option<ClientCredentials>,
    /// Whose staff is believed; none without an issuer.
    pub staff: Option<StaffIdentity>,
    /// Where links and codes are handed over; none without a notifier.
    pub communication: Option<Communication>,
}

/// Where links and codes are handed over.
#[derive(Debug, Clone)]
pub struct Communication {
    /// The base URL, without a slash at its end.
    pub url: String,
    /// How this service authenticates there, as to the source of that URL.
    pub credential: CredentialSettings,
}

pub(super) fn people(
    reader: &mut Reader<'_>,
    identity: Option<&OidcSettings>,
    mesh: bool,
) -> Option<PeopleConfig> {
    let identity_admin = parse::client(
        reader,
        &IDENTITY_ADMIN_CLIENT_ID,
        &IDENTITY_ADMIN_CLIENT_SECRET,
    );
    let staff = staff(reader, identity);
    let communication = communication(reader, mesh);
    Some(PeopleConfig {
        identity_admin,
        staff: staff?,
        communication,
    })
}

/// Where links and codes are handed over: communication-service itself, never the server that
/// stands in for its records.
fn communication(reader: &mut Reader<'_>, mesh: bool) -> Option<Communication> {
    let setting = sources::url_setting(Source::Communication);
    reader.text(setting)?;
    let url = parse::service_url(reader, setting, mesh)?;
    let credential = sources::credential_at(reader, &url, mesh)?;
    Some(Communication { url, credential })
}

/// None if it is malformed; nothing inside if there is no issuer of staff.
#[expect(
    clippy::option_option,
    reason = "what is malformed is not what is not set"
)]
fn staff(
    reader: &mut Reader<'_>,
    identity: Option<&OidcSettings>,
) -> Option<Option<StaffIdentity>> {
    let audience = reader.read(&STAFF_AUDIENCE, parse::text);
    let is_set = reader.text(&STAFF_ISSUER_URL).is_some();
    let issuer = reader.read(&STAFF_ISSUER_URL, |value| {
        let settings = IssuerSettings::parse(value).ok();
        let issuer = settings.filter(|settings| settings.tenant.is_none());
        issuer.ok_or("an http(s) URL without user, query or fragment")
    });
    let (Some(issuer), Some(audience)) = (issuer, audience) else {
        return (!is_set).then_some(None);
    };
    let issuer = issuer.issuer;
    parse::require_https(reader, &STAFF_ISSUER_URL, issuer.as_str());
    check_staff(reader, identity, &issuer, &audience);
    Some(Some(StaffIdentity { issuer, audience }))
}

// Patients' tokens must never pass for those of staff, nor the other way round.
fn check_staff(
    reader: &mut Reader<'_>,
    identity: Option<&OidcSettings>,
    issuer: &Issuer,
    audience: &str,
) {
    let patients = identity.map_or(&[][..], |identity| &identity.issuers);
    if patients.iter().any(|one| one.issuer == *issuer) {
        let expected = "an issuer of its own";
        reader.fault(&STAFF_ISSUER_URL, "is an issuer of patients", expected);
    }
    let client = |client: &ClientId| client.as_str() == audience;
    let is_taken = identity.is_some_and(|identity| {
        audience == identity.portal_audience
            || audience == identity.fhir_audience
            || identity.first_party_clients.iter().any(client)
            || identity.client.iter().any(|own| client(&own.id))
    });
    if audience == "account" || is_taken {
        reader.fault(
            &STAFF_AUDIENCE,
            "is `account`, another audience or the id of a client",
            "an audience that only staff tokens for this service carry",
        );
    }
}
