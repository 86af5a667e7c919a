//! Whether a code tells what a record is about.

use super::labels::Codes;
use crate::json::{Kind, Value};
use crate::resource_type::ResourceType;

/// Where the types that have no `code` say what they are about. Behind a dot stands an element of
/// each item of a list, and each has to be coded: one that is not may be for anything. What is coded
/// in every record alike is not among them: states, the class of an Encounter, the kind of a claim,
/// the category of a document or a plan.
const fn elements(resource_type: ResourceType) -> &'static [&'static str] {
    match resource_type {
        ResourceType::Appointment => &["serviceType", "specialty", "reasonCode"],
        ResourceType::CarePlan => &["activity.detail.code"],
        ResourceType::CareTeam => &["reasonCode"],
        ResourceType::Communication => &["topic", "reasonCode"],
        ResourceType::Coverage
        | ResourceType::Device
        | ResourceType::DocumentReference
        | ResourceType::Specimen => &["type"],
        ResourceType::Encounter => &["type", "serviceType", "reasonCode"],
        ResourceType::ExplanationOfBenefit => &["item.productOrService"],
        ResourceType::Goal => &["description"],
        ResourceType::ImagingStudy => &["procedureCode", "reasonCode"],
        // It tells of its targets alone, which are judged for themselves.
        ResourceType::Provenance => &["activity", "agent.type"],
        _ => &[],
    }
}

/// Whether one of these elements has a Coding with a code. Of one that cannot be read, no.
pub(super) fn is_coded(resource_type: ResourceType, resource: Value<'_>) -> bool {
    let mut elements = elements(resource_type).iter();
    elements.any(|path| is_coded_at(resource, path))
}

fn is_coded_at(value: Value<'_>, path: &str) -> bool {
    let (element, rest) = path.split_once('.').unwrap_or((path, ""));
    let Some(member) = value.get(element) else {
        return false;
    };
    let single = std::iter::once(member).filter(|member| member.kind() != Kind::Array);
    let mut items = single.chain(member.items()).peekable();
    match rest {
        "" => items.any(is_coded_concept),
        rest => items.peek().is_some() && items.all(|item| is_coded_at(item, rest)),
    }
}

fn is_coded_concept(value: Value<'_>) -> bool {
    let codes = Codes::default().concepts(Some(value));
    value.kind() == Kind::Object && codes.list.iter().any(|coding| coding.code.is_some())
}
