//! People whose record the sources hold and who have no account yet.

use std::fmt;
use std::sync::Arc;

use serde::Serialize;
use serde_json::{Value, json};

use crate::person::{AUDIENCE, CLIENT, DemoPerson};
use crate::record::Record;

/// One of them, with what a registration asks for.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DemoRegistrant {
    /// The tenant that holds the record.
    pub tenant: String,
    /// `sub` of their tokens.
    pub subject: String,
    /// Given and family name in Latin script.
    pub name: String,
    /// Medical record number.
    pub mrn: String,
    /// Birth date.
    pub birth_date: String,
    /// Their own address of e-mail.
    pub email: String,
}

impl DemoRegistrant {
    /// Somebody, with what their Patient says.
    pub(crate) fn of(person: &DemoPerson, records: &[Arc<Record>]) -> Self {
        let patient = records
            .iter()
            .find(|record| record.resource_type == "Patient");
        let patient: Value = patient
            .and_then(|record| serde_json::from_slice(&record.bytes).ok())
            .unwrap_or_default();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let telecom = patient["telecom"].as_array();
        let mut telecom = telecom.into_iter().flatten();
        let email = telecom.find(|point| point["system"] == "email");
        Self {
            tenant: person.tenant.clone(),
            subject: person.subject.clone(),
            name: person.name.clone(),
            mrn: text(&patient["identifier"][0]["value"]),
            birth_date: text(&patient["birthDate"]),
            email: email.map(|point| text(&point["value"])).unwrap_or_default(),
        }
    }

    /// Claims of a first-party token with a second factor and without a
    /// patient.
    pub fn claims(&self) -> Value {
        json!({
            "sub": self.subject,
            "tid": self.tenant,
            "aud": [AUDIENCE],
            "azp": CLIENT,
            "acr": "2",
            "amr": ["pwd", "otp"],
            "scope": "openid profile patient/*.read patient/*.write",
        })
    }
}

impl fmt::Debug for DemoRegistrant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DemoRegistrant(****)")
    }
}
