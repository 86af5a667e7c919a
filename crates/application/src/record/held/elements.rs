//! Elements of FHIR R4 that the portal's own resources are made of.

use std::fmt;

use jiff::Timestamp;
use jiff::civil::Date;
use portal_domain::account::AccountSnapshot;
use portal_domain::id::PatientId;
use portal_fhir::AddressBook;
use serde::Serialize;

/// The accounts of people here.
const ACCOUNT: &str = "urn:ghasi-ehealth:portal-account";
/// Delegations, as `/v1/portal` names them.
const DELEGATION: &str = "urn:ghasi-ehealth:proxy-delegation";

/// What addresses are made of, and who reads them.
pub(super) struct Here<'a> {
    /// Ids on this face.
    pub(super) addresses: &'a AddressBook,
    /// Who reads: the account and the patient whose it is.
    pub(super) account: &'a AccountSnapshot,
    pub(super) public_url: &'a str,
}

impl Here<'_> {
    /// A patient, whoever it is: that it is the right one is looked at behind this. One whose id cannot
    /// be said here is none.
    pub(super) fn patient(&self, patient: &PatientId) -> Reference {
        let id = self.addresses.outward_patient(patient.as_str());
        Reference {
            address: id.map(|id| format!("Patient/{id}")),
            ..Reference::default()
        }
    }
}

/// An id of ours as FHIR has it: its alphabet has no `_`.
pub(super) fn address(id: impl fmt::Display) -> String {
    id.to_string().replace('_', "-")
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Meta {
    version_id: String,
    last_updated: String,
}

impl Meta {
    pub(super) fn of(version: i64, last_updated: Timestamp) -> Self {
        Self {
            version_id: version.to_string(),
            last_updated: instant(last_updated),
        }
    }
}

/// A moment to the millisecond.
pub(super) fn instant(at: Timestamp) -> String {
    format!("{at:.3}")
}

#[derive(Serialize)]
pub(super) struct Coding {
    system: &'static str,
    code: &'static str,
}

pub(super) const fn coding(system: &'static str, code: &'static str) -> Coding {
    Coding { system, code }
}

#[derive(Serialize)]
pub(super) struct Concept {
    coding: [Coding; 1],
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<&'static str>,
}

impl Concept {
    pub(super) const fn coded(system: &'static str, code: &'static str) -> Self {
        Self {
            coding: [coding(system, code)],
            text: None,
        }
    }

    pub(super) const fn with_text(mut self, text: &'static str) -> Self {
        self.text = Some(text);
        self
    }
}

#[derive(Serialize)]
pub(super) struct Identifier {
    #[serde(skip_serializing_if = "Option::is_none")]
    system: Option<&'static str>,
    value: String,
}

impl Identifier {
    pub(super) fn of_account(account: impl fmt::Display) -> Self {
        Self {
            system: Some(ACCOUNT),
            value: account.to_string(),
        }
    }

    pub(super) fn of_delegation(delegation: impl fmt::Display) -> Self {
        Self {
            system: Some(DELEGATION),
            value: delegation.to_string(),
        }
    }

    pub(super) fn url(url: &str) -> Self {
        Self {
            system: Some("urn:ietf:rfc:3986"),
            value: url.to_owned(),
        }
    }

    pub(super) fn plain(value: &str) -> Self {
        Self {
            system: None,
            value: value.to_owned(),
        }
    }
}

#[derive(Default, Serialize)]
pub(super) struct Reference {
    #[serde(rename = "reference", skip_serializing_if = "Option::is_none")]
    pub(super) address: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) r#type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) identifier: Option<Identifier>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) display: Option<&'static str>,
}

impl Reference {
    pub(super) fn to(address: String) -> Self {
        Self {
            address: Some(address),
            ..Self::default()
        }
    }

    pub(super) fn identified(identifier: Identifier) -> Self {
        Self {
            identifier: Some(identifier),
            ..Self::default()
        }
    }
}

#[derive(Serialize)]
pub(super) struct Period {
    start: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    end: Option<String>,
}

impl Period {
    pub(super) fn of(start: Date, end: Option<Date>) -> Self {
        Self {
            start: start.to_string(),
            end: end.map(|end| end.to_string()),
        }
    }
}
