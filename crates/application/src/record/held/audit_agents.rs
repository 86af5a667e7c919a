//! Who took part in what an AuditEvent tells: the person, the client and the portal.

use portal_domain::audit::{ActorKind, EventType};
use serde::Serialize;

use crate::ports::PatientEvent;

use super::elements::{Concept, Here, Identifier, Reference, address};

const DICOM: &str = "http://dicom.nema.org/resources/ontology/DCM";
const PARTICIPATION: &str = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType";
/// In what capacity somebody acted, in the words of `/v1/portal`.
const ACTOR: &str = "urn:ghasi-ehealth:portal-actor";
/// What the data of a read comes from, and what asks in a search.
const SOURCE_ROLE: &str = "110153";
/// What the data of a read goes to, and what is asked in a search.
const DESTINATION_ROLE: &str = "110152";

/// An agent; a requestor is who wanted it.
#[derive(Default, Serialize)]
pub(super) struct Agent<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    r#type: Option<Concept>,
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<[Concept; 1]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    who: Option<Reference>,
    requestor: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    network: Option<Network<'a>>,
}

#[derive(Serialize)]
struct Network<'a> {
    address: &'a str,
    r#type: &'static str,
}

/// `network-type`: an IP address.
const IP: &str = "2";
/// `network-type`: a URI.
const URI: &str = "5";

/// The actor, the client where anything of it is known, and the portal.
pub(super) fn agents<'a>(logged: &'a PatientEvent, here: &Here<'a>) -> Vec<Agent<'a>> {
    let entry = &logged.entry;
    let is_read = entry.event_type == EventType::FhirRead.as_str();
    let (of_client, of_server) = if is_read {
        (DESTINATION_ROLE, SOURCE_ROLE)
    } else {
        (SOURCE_ROLE, DESTINATION_ROLE)
    };
    let id = entry.actor.client_id.as_deref().map(Identifier::plain);
    let address = entry.client_address.as_deref();
    let is_known = id.is_some() || address.is_some();
    let client = is_known.then(|| Agent {
        r#type: Some(Concept::coded(DICOM, of_client)),
        who: id.map(Reference::identified),
        network: address.map(|address| network(address, IP)),
        ..Agent::default()
    });
    let server = Agent {
        r#type: Some(Concept::coded(DICOM, of_server)),
        who: Some(server(here)),
        network: Some(network(here.public_url, URI)),
        ..Agent::default()
    };
    let agents = [Some(actor(logged, here)), client, Some(server)];
    agents.into_iter().flatten().collect()
}

const fn network<'a>(address: &'a str, r#type: &'static str) -> Network<'a> {
    Network { address, r#type }
}

fn actor<'a>(logged: &PatientEvent, here: &Here<'_>) -> Agent<'a> {
    let kind = ActorKind::parse(&logged.entry.actor.kind);
    let is_person = !matches!(kind, Some(ActorKind::Service | ActorKind::System) | None);
    Agent {
        r#type: is_person.then(|| Concept::coded(PARTICIPATION, "IRCP")),
        role: kind.map(|kind| [Concept::coded(ACTOR, kind.as_str())]),
        who: who(logged, here),
        requestor: true,
        network: None,
    }
}

/// The account, and whose it is where that can be said: the proxy of the delegation, or the patient
/// who reads this.
fn who(logged: &PatientEvent, here: &Here<'_>) -> Option<Reference> {
    let actor = &logged.entry.actor;
    let account = actor.account_id.as_deref();
    let is_reader = account == Some(here.account.id.to_string().as_str());
    let delegation = actor.proxy_delegation_id.as_ref();
    let who = match delegation.filter(|_| actor.acting_as_proxy) {
        Some(delegation) => Reference::to(format!("RelatedPerson/{}", address(delegation))),
        None if is_reader => here.patient(here.account.patient_id.as_ref()?),
        None => Reference::default(),
    };
    let is_known = who.address.is_some() || account.is_some();
    is_known.then(|| Reference {
        identifier: account.map(Identifier::of_account),
        ..who
    })
}

/// The portal.
pub(super) fn server(here: &Here<'_>) -> Reference {
    Reference {
        identifier: Some(Identifier::url(here.public_url)),
        display: Some("patient-portal-service"),
        ..Reference::default()
    }
}
