//! People whose records the sandbox holds and for whom it signs tokens.

use std::fmt;

use serde::Serialize;
use serde_json::{Value, json};

/// `aud` of the portal in suggested claims.
pub(crate) const AUDIENCE: &str = "patient-portal";
/// `azp` in suggested claims: a first-party client.
pub(crate) const CLIENT: &str = "portal-web";

/// One person: where their record is and which claims fit them.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DemoPerson {
    /// The tenant that holds the record.
    pub tenant: String,
    /// Id of the `Patient` resource.
    pub patient_id: String,
    /// `sub` of their tokens.
    pub subject: String,
    /// Given and family name in Latin script.
    pub name: String,
}

impl DemoPerson {
    /// Claims of a usual first-party token with a second factor: `sub`, `tid`,
    /// `patient`, `aud`, `azp`, `acr`, `amr`, `scope`; the rest is added when
    /// the token is minted.
    pub fn claims(&self) -> Value {
        json!({
            "sub": self.subject,
            "tid": self.tenant,
            "patient": self.patient_id,
            "aud": [AUDIENCE],
            "azp": CLIENT,
            "acr": "2",
            "amr": ["pwd", "otp"],
            "scope": "openid profile patient/*.read",
        })
    }
}

impl fmt::Debug for DemoPerson {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DemoPerson(****)")
    }
}
