//! Who can be booked.

use axum::extract::State;
use axum::response::Response;
use portal_application::ProvidersAnswer;
use portal_application::record::{LOCATIONS, ORGANIZATIONS, PRACTITIONERS, PROVIDERS};
use portal_domain::access::Surface;
use portal_domain::disclosure::{Disclosed, Disclosure};
use serde::Serialize;
use utoipa::ToSchema;

use crate::caller::PortalCaller;
use crate::disclosure;
use crate::fault::Fault;
use crate::language::Language;
use crate::problem::Problem;
use crate::router::Faces;

use super::me::display_name;
use super::meta::{Meta, WithMeta};
use super::records::{AboutPage, AddressView, Data, address, element};
use super::values::CodeView;

/// Somebody in a role in which they can be booked.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ProviderView {
    /// The PractitionerRole's id, also on `/fhir/R4`.
    id: String,
    /// The Practitioner's id, also on `/fhir/R4`.
    practitioner_id: String,
    /// The Practitioner's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// What they are here.
    roles: Vec<CodeView>,
    specialties: Vec<CodeView>,
    /// For whom they work.
    #[serde(skip_serializing_if = "Option::is_none")]
    organization: Option<OrganizationView>,
    /// Where they work.
    locations: Vec<LocationView>,
}

/// For whom somebody works.
#[derive(Serialize, ToSchema)]
pub(crate) struct OrganizationView {
    /// The Organization's id, also on `/fhir/R4`.
    id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
}

/// Where somebody works.
#[derive(Serialize, ToSchema)]
pub(crate) struct LocationView {
    /// The Location's id, also on `/fhir/R4`.
    id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<AddressView>,
}

/// Those who can be booked
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ProviderPage {
    data: Vec<ProviderView>,
    /// The `cursor` of the next page; null on the last.
    next_cursor: Option<String>,
    meta: Meta,
}

/// Those who can be booked
#[utoipa::path(
    get,
    path = "/v1/portal/providers",
    operation_id = "listProviders",
    tag = "booking",
    security(("bearer" = ["patient/Appointment.read"])),
    params(
        ("specialty" = Option<String>, Query, description = "`code` or `system|code` of a specialty"),
        ("locationId" = Option<String>, Query, description = "Where they work"),
        ("q" = Option<String>, Query, description = "Beginnings of names, in any case and with or without marks"),
        ("limit" = Option<u32>, Query, description = "1 to 100; 20 unless said", minimum = 1, maximum = 100),
        ("cursor" = Option<String>, Query, description = "`nextCursor` of the page before"),
    ),
    responses(
        (status = 200, description = "A page, by name", body = ProviderPage, content_type = "application/json"),
        (status = 304, description = "Unchanged"),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn list_providers(
    State(faces): State<Faces>,
    asked: PortalCaller,
) -> Result<Response, Fault> {
    let answer = faces.portal.providers(&asked.caller, &asked.parameters);
    let answer = answer.await.map_err(Fault::on(Surface::Portal))?;
    let language = asked.exchange.language();
    let about = AboutPage {
        next_cursor: answer.next.as_deref(),
        meta: WithMeta::of(&answer.completeness),
    };
    disclosure::view(
        (&answer.disclosure, &answer.completeness),
        (&asked.exchange, language),
        |disclosure| {
            let roles = disclosure.group(PROVIDERS);
            let views = roles.filter_map(|role| provider(&answer, role, language));
            Some(Data {
                data: views.collect(),
            })
        },
        &about,
    )
}

fn provider(
    answer: &ProvidersAnswer,
    role: Disclosed<'_>,
    language: Language,
) -> Option<ProviderView> {
    let disclosure = &answer.disclosure;
    let one = |element: &str, group| referred(disclosure, role, element, group).next();
    let practitioner = one("practitioner", PRACTITIONERS)?;
    let person = practitioner.header().person.as_ref();
    let (now, zone) = (answer.decided_at, &answer.zone);
    element::viewed(role.bytes(), |root| ProviderView {
        id: role.header().id.to_string(),
        practitioner_id: practitioner.header().id.to_string(),
        name: person.and_then(|person| display_name(person, language, now, zone)),
        roles: element::codes(root, "code", language).collect(),
        specialties: element::codes(root, "specialty", language).collect(),
        organization: one("organization", ORGANIZATIONS).map(organization),
        locations: referred(disclosure, role, "location", LOCATIONS)
            .map(location)
            .collect(),
    })
}

/// The records of a group that an element of a role refers to, in the role's order. One that is
/// not shown is left out, whatever the role calls it.
fn referred<'a>(
    disclosure: &'a Disclosure,
    role: Disclosed<'a>,
    element: &str,
    group: &'static str,
) -> impl Iterator<Item = Disclosed<'a>> {
    let references = role.header().references_at(element);
    let ids: Vec<&str> = references
        .filter_map(|it| it.target.split_once('/').map(|(_, id)| id))
        .collect();
    ids.into_iter().filter_map(move |id| {
        let mut records = disclosure.group(group);
        records.find(|record| &*record.header().id == id)
    })
}

fn organization(record: Disclosed<'_>) -> OrganizationView {
    let name = element::viewed(record.bytes(), |root| element::text(root, "name"));
    OrganizationView {
        id: record.header().id.to_string(),
        name: name.flatten(),
    }
}

fn location(record: Disclosed<'_>) -> LocationView {
    let said = element::viewed(record.bytes(), |root| {
        let name = element::text(root, "name");
        (name, root.get("address").map(address))
    });
    let (name, address) = said.unwrap_or_default();
    LocationView {
        id: record.header().id.to_string(),
        name,
        address,
    }
}
