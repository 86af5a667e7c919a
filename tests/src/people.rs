//! People of a test and the claims of their tokens.

use serde_json::{Value, json};

/// Somebody with an identity at the issuer, and mostly with a record and an account.
#[derive(Debug, Clone)]
pub struct Person {
    /// The tenant.
    pub tenant: String,
    /// The id of the Patient at the sources; empty for who has no record.
    pub patient: String,
    /// The `sub` of their tokens.
    pub subject: String,
}

impl Person {
    /// A person of a tenant, named so that no two tests share one.
    pub fn new(tenant: &str, name: &str) -> Self {
        let unique = ulid::Ulid::new();
        Self {
            tenant: tenant.to_owned(),
            patient: format!("{name}-{unique}").to_lowercase(),
            subject: format!("sub-{name}-{unique}").to_lowercase(),
        }
    }

    /// A person without a record.
    pub fn caregiver(tenant: &str, name: &str) -> Self {
        Self {
            patient: String::new(),
            ..Self::new(tenant, name)
        }
    }
}

/// The claims of a first-party login with a second factor, for both surfaces.
pub fn claims(person: &Person, fhir_audience: &str) -> Value {
    let patient = Some(&person.patient).filter(|patient| !patient.is_empty());
    json!({
        "sub": person.subject,
        "tid": person.tenant,
        "patient": patient,
        "aud": ["patient-portal", fhir_audience],
        "azp": "portal-web",
        "acr": "2",
        "amr": ["pwd", "otp"],
        "scope": "openid profile patient/*.read",
    })
}
