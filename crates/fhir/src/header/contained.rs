//! Contained resources: read as far as they could hide something.

use super::labels::{Codes, boxed, code_concepts};
use super::read::{owner_claim, status};
use crate::header::{Contained, HeaderError, OwnerClaim};
use crate::json::{Kind, Value};
use crate::owner::{OwnerElement, owner_element};

/// The contained resources of a resource. Contained resources do not contain others (FHIR R4
/// 2.1.0.11), so one that does is malformed.
pub(super) fn contained(resource: Value<'_>) -> Result<Vec<Contained>, HeaderError> {
    let malformed = HeaderError::Malformed {
        element: "contained",
    };
    match resource.get("contained") {
        None => Ok(Vec::new()),
        Some(list) if list.kind() == Kind::Array => list
            .items()
            .map(|item| {
                if item.get("contained").is_some() {
                    Err(malformed)
                } else {
                    one(item)
                }
            })
            .collect(),
        Some(_) => Err(malformed),
    }
}

fn one(resource: Value<'_>) -> Result<Contained, HeaderError> {
    let type_name = boxed(resource.get("resourceType")).unwrap_or_default();
    let meta = resource.get("meta");
    let component = resource.get("component");
    let codes = code_concepts(resource).concepts_of(component, "code");
    let interpretation = Codes::default()
        .concepts(resource.get("interpretation"))
        .concepts_of(component, "interpretation");
    let categories = Codes::default().concepts(resource.get("category"));
    let verification = Codes::default().concepts(resource.get("verificationStatus"));
    let tags = Codes::default().labels(meta.and_then(|meta| meta.get("tag")));
    let security = Codes::default().labels(meta.and_then(|meta| meta.get("security")));
    let labels_unreadable = meta.is_some_and(|meta| meta.kind() != Kind::Object)
        || [
            &interpretation,
            &categories,
            &verification,
            &tags,
            &security,
        ]
        .iter()
        .any(|codes| codes.unreadable);
    Ok(Contained {
        owner: match owner_element(&type_name) {
            OwnerElement::OwnId => OwnerClaim::OwnId,
            OwnerElement::Named(element) => owner_claim(resource.get(element)),
            OwnerElement::Participants
            | OwnerElement::Audited
            | OwnerElement::Targets
            | OwnerElement::SubjectOrParties
            | OwnerElement::None
            | OwnerElement::Unknown => OwnerClaim::Absent,
        },
        type_name,
        local_id: boxed(resource.get("id")),
        status: status(resource, "status")?,
        verification_status: verification.list,
        interpretation: interpretation.list,
        categories: categories.list,
        codes: codes.list,
        tags: tags.list,
        security: security.list,
        codes_unreadable: codes.unreadable,
        labels_unreadable,
    })
}
