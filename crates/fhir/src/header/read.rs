//! Reading a header: one pass for the JSON, then look-ups in the flat tree.

use super::codings::other_codings;
use super::contained::contained;
use super::date::Date;
use super::dates::{Dates, date};
use super::labels::{Codes, boxed, code_concepts, identifiers};
use super::links::{links, references};
use super::person::person;
use super::subject_matter;
use crate::bundle::Limits;
use crate::header::{Header, HeaderError, OwnerClaim, OwnerReference};
use crate::json::{Kind, Span, Tree, Value};
use crate::owner::{OwnerElement, owner_element};
use crate::reference::is_id;
use crate::resource_type::ResourceType;

/// Reads the header of one resource of a served type. A resource that has a duplicate member
/// anywhere, or whose `status`, `intent`, `verificationStatus` or `contained` is there but cannot
/// be read, is refused: what decides about showing it must be certain.
pub fn read_header(resource: &[u8], limits: &Limits) -> Result<Header, HeaderError> {
    header_of(&Tree::parse(resource, limits.max_depth)?)
}

/// Reads the header of a resource again after an edit of ours.
pub(crate) fn read_edited(resource: &[u8]) -> Result<Header, HeaderError> {
    header_of(&Tree::parse_edited(resource)?)
}

fn header_of(tree: &Tree<'_>) -> Result<Header, HeaderError> {
    let root = tree.root();
    if root.kind() != Kind::Object {
        return Err(HeaderError::NotJson { position: 0 });
    }
    let resource_type = root
        .get("resourceType")
        .and_then(Value::text)
        .and_then(|name| ResourceType::parse(&name))
        .ok_or(HeaderError::UnknownType)?;
    let (id, id_span) = id(root)?;
    let meta = Meta::read(root);
    let codes = Coded::read(root)?;
    let held = [&codes.codes, &codes.component_codes, &codes.categories];
    let others = other_codings(root, held);
    let dates = Dates::read(resource_type, root);
    Ok(Header {
        resource_type,
        id,
        id_span,
        version_id: meta.version_id,
        last_updated: meta.last_updated,
        owner: owner(resource_type, root),
        references: references(root),
        links: links(root),
        contained: contained(root)?,
        status: status(root, status_element(resource_type))?,
        intent: status(root, "intent")?,
        clinical_status: codes.clinical_status,
        verification_status: codes.verification_status,
        category_unreadable: codes.categories.unreadable,
        categories: codes.categories.list,
        codes_unreadable: codes.codes.unreadable || codes.component_codes.unreadable,
        codes: codes.codes.list,
        component_codes: codes.component_codes.list,
        types: codes.types.list,
        subject_matter_coded: subject_matter::is_coded(resource_type, root),
        other_codings: others.list,
        other_codings_unreadable: others.unreadable,
        labels_unreadable: meta.unreadable || codes.interpretation.unreadable,
        interpretation: codes.interpretation.list,
        tags: meta.tags,
        security: meta.security,
        identifiers: identifiers(root),
        date: dates.main,
        recorded: dates.recorded,
        issued: dates.issued,
        issued_unreadable: dates.issued_unreadable,
        person: is_person(resource_type).then(|| person(root)),
    })
}

fn id(resource: Value<'_>) -> Result<(Box<str>, Span), HeaderError> {
    let member = resource.get("id").ok_or(HeaderError::MissingId)?;
    let id = member
        .text()
        .filter(|id| is_id(id))
        .ok_or(HeaderError::InvalidId)?;
    Ok((Box::from(&*id), member.span()))
}

struct Meta {
    version_id: Option<Box<str>>,
    last_updated: Option<Date>,
    tags: Vec<super::Coding>,
    security: Vec<super::Coding>,
    unreadable: bool,
}

impl Meta {
    fn read(resource: Value<'_>) -> Self {
        let meta = resource.get("meta");
        let get = |name| meta.and_then(|meta| meta.get(name));
        let tags = Codes::default().labels(get("tag"));
        let security = Codes::default().labels(get("security"));
        Self {
            version_id: boxed(get("versionId")),
            last_updated: date(get("lastUpdated")),
            unreadable: tags.unreadable
                || security.unreadable
                || meta.is_some_and(|meta| meta.kind() != Kind::Object),
            tags: tags.list,
            security: security.list,
        }
    }
}

struct Coded {
    clinical_status: Vec<super::Coding>,
    verification_status: Vec<super::Coding>,
    categories: Codes,
    codes: Codes,
    component_codes: Codes,
    types: Codes,
    interpretation: Codes,
}

impl Coded {
    fn read(resource: Value<'_>) -> Result<Self, HeaderError> {
        let component = resource.get("component");
        let verification = Codes::default().concepts(resource.get("verificationStatus"));
        if verification.unreadable {
            return Err(HeaderError::Malformed {
                element: "verificationStatus",
            });
        }
        Ok(Self {
            clinical_status: Codes::default()
                .concepts(resource.get("clinicalStatus"))
                .list,
            verification_status: verification.list,
            categories: Codes::default().concepts(resource.get("category")),
            codes: code_concepts(resource),
            component_codes: Codes::default().concepts_of(component, "code"),
            types: Codes::default().concepts(resource.get("type")),
            interpretation: Codes::default()
                .concepts(resource.get("interpretation"))
                .concepts_of(component, "interpretation"),
        })
    }
}

/// Where a type says its status: only a Goal has it under another name.
const fn status_element(resource_type: ResourceType) -> &'static str {
    match resource_type {
        ResourceType::Goal => "lifecycleStatus",
        _ => "status",
    }
}

/// A code element that decides; anything but a string there is an error.
pub(super) fn status(
    resource: Value<'_>,
    element: &'static str,
) -> Result<Option<Box<str>>, HeaderError> {
    match resource.get(element) {
        None => Ok(None),
        Some(member) => match boxed(Some(member)) {
            Some(code) => Ok(Some(code)),
            None => Err(HeaderError::Malformed { element }),
        },
    }
}

fn owner(resource_type: ResourceType, resource: Value<'_>) -> OwnerClaim {
    match owner_element(resource_type.as_str()) {
        OwnerElement::OwnId => OwnerClaim::OwnId,
        OwnerElement::Named(element) => owner_claim(resource.get(element)),
        OwnerElement::Participants => participants(resource),
        OwnerElement::SubjectOrParties => subject_or_parties(resource),
        OwnerElement::Audited => audited(resource),
        OwnerElement::None => OwnerClaim::Nobody,
        OwnerElement::Targets => OwnerClaim::Targets,
        OwnerElement::Unknown => OwnerClaim::Absent,
    }
}

/// The actors of an Appointment's participants.
fn participants(resource: Value<'_>) -> OwnerClaim {
    let participants = resource.get("participant").into_iter();
    let actors = participants
        .flat_map(Value::items)
        .filter_map(|participant| participant.get("actor"));
    OwnerClaim::AnyOf(actors.map(target).collect())
}

/// The subject of a Communication; without one its sender and recipients.
fn subject_or_parties(resource: Value<'_>) -> OwnerClaim {
    if let Some(subject) = resource.get("subject") {
        return owner_claim(Some(subject));
    }
    let recipients = resource.get("recipient").into_iter();
    let parties = resource
        .get("sender")
        .into_iter()
        .chain(recipients.flat_map(Value::items));
    OwnerClaim::EveryPatientOf(parties.map(target).collect())
}

/// The patients among the entities of an AuditEvent, by their role (`object-role` 1).
fn audited(resource: Value<'_>) -> OwnerClaim {
    let entities = resource.get("entity").into_iter().flat_map(Value::items);
    let role = |entity: &Value<'_>| boxed(entity.get("role").and_then(|role| role.get("code")));
    let patients = entities.filter(|entity| role(entity).as_deref() == Some("1"));
    let named = patients.map(|patient| OwnerReference {
        target: boxed(patient.get("what").and_then(|what| what.get("reference"))),
    });
    OwnerClaim::References(named.collect())
}

fn target(object: Value<'_>) -> OwnerReference {
    OwnerReference {
        target: boxed(object.get("reference")),
    }
}

/// What an owner element says. A Reference whose `reference` is missing or no string is listed as
/// one that names nobody.
pub(super) fn owner_claim(element: Option<Value<'_>>) -> OwnerClaim {
    match element {
        None => OwnerClaim::Absent,
        Some(list) if list.kind() == Kind::Array => {
            OwnerClaim::References(list.items().map(target).collect())
        }
        Some(object) => OwnerClaim::References(vec![target(object)]),
    }
}

const fn is_person(resource_type: ResourceType) -> bool {
    matches!(
        resource_type,
        ResourceType::Patient | ResourceType::Practitioner
    )
}
