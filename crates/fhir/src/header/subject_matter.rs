//! Whether a code tells what a record is about.

use super::labels::Codes;
use crate::json::{Kind, Value};
use crate::resource_type::ResourceType;

/// Where the types that have no `code` say what they are about; a dot goes into each item of a
/// list. What is coded in every record alike is not among them: states, the class of an Encounter,
/// the kind of a claim, the category of a document or a plan.
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
        ResourceType::ExplanationOfBenefit => &[
            "item.productOrService",
            "diagnosis.diagnosisCodeableConcept",
            "procedure.procedureCodeableConcept",
        ],
        ResourceType::Goal => &["description"],
        ResourceType::ImagingStudy => &["procedureCode", "reasonCode"],
        // It tells of its targets alone, which are judged for themselves.
        ResourceType::Provenance => &["activity", "agent.type"],
        _ => &[],
    }
}

/// Whether one of these elements has a Coding with a code. Of one that cannot be read, no.
pub(super) fn is_coded(resource_type: ResourceType, resource: Value<'_>) -> bool {
    let coded = |path: &&str| at(resource, path, Codes::default());
    elements(resource_type)
        .iter()
        .map(coded)
        .any(|codes| codes.list.iter().any(|coding| coding.code.is_some()))
}

fn at(value: Value<'_>, path: &str, codes: Codes) -> Codes {
    let (element, rest) = path.split_once('.').unwrap_or((path, ""));
    let Some(member) = value.get(element) else {
        return codes;
    };
    let single = std::iter::once(member).filter(|member| member.kind() != Kind::Array);
    let objects = single.chain(member.items());
    objects
        .filter(|item| item.kind() == Kind::Object)
        .fold(codes, |codes, item| match rest {
            "" => codes.concepts(Some(item)),
            rest => at(item, rest, codes),
        })
}
