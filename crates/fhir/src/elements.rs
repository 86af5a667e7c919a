//! A resource with only some of its top-level members: those that `_elements` asks for, or those
//! that a caller may see.

use bytes::Bytes;

use crate::header::{Record, read_edited};
use crate::json::{Kind, Tree, Value};
use crate::resource_type::ResourceType;

const SYSTEM: &str = "http://terminology.hl7.org/CodeSystem/v3-ObservationValue";
const CODE: &str = "SUBSETTED";
const TAG: &str =
    r#"{"system":"http://terminology.hl7.org/CodeSystem/v3-ObservationValue","code":"SUBSETTED"}"#;

/// Members that tell what a resource is.
const IDENTITY: [&str; 3] = ["resourceType", "id", "meta"];

/// Members that may change the meaning of any resource.
const MODIFIERS: [&str; 2] = ["implicitRules", "modifierExtension"];

/// Elements that stand under a name with their type behind it.
const CHOICES: [&str; 10] = [
    "value",
    "effective",
    "onset",
    "abatement",
    "occurrence",
    "performed",
    "medication",
    "reported",
    "deceased",
    "multipleBirth",
];

/// The record with the asked members, those that its type must have, and those that modify its
/// meaning, each byte for byte as it was; `contained` is kept while something that is kept refers
/// into it. `meta.tag` says that it is a subset (`SUBSETTED`, FHIR R4 3.1.1.5.9). A choice element
/// is asked for by its name without the type, such as `effective`.
pub fn select_elements(record: &Record, elements: &[String]) -> Bytes {
    let Ok(tree) = Tree::parse_edited(&record.bytes) else {
        // A record was read before, so this is out of reach; the whole is what it would be of.
        return record.bytes.clone();
    };
    let resource_type = record.header.resource_type;
    let keeps = |name: &str| is_kept(resource_type, name, elements);
    let refers_inside = record.header.references.iter().any(|reference| {
        reference.target.starts_with('#') && !reference.in_contained && keeps(&reference.element)
    });
    let tagged = record.header.tags.iter().any(|tag| tag.is(SYSTEM, CODE));
    subset(record, &tree, tagged, |name| {
        keeps(name) || (refers_inside && name == "contained")
    })
}

/// The record with `resourceType`, `id` and the named members alone, each byte for byte as it was,
/// and a `meta` that names the version and tags a subset: labels, profiles and other tags may say
/// more of the patient than the members that are left. Unlike [`select_elements`] it keeps nothing for its meaning or its
/// validity: no `modifierExtension`, no `contained`, and of a primitive no companion (`_birthDate`),
/// whose extensions may say more than the value. The header is that of what is left. `None` only
/// for a record whose header is not that of its bytes.
pub fn project(record: &Record, members: &[&str]) -> Option<Record> {
    let tree = Tree::parse_edited(&record.bytes).ok()?;
    // As if it were tagged: its own `meta` goes.
    let bytes = subset(record, &tree, true, |name| {
        (IDENTITY.contains(&name) && name != "meta") || members.contains(&name)
    });
    let bytes = with_bare_meta(&bytes, &tree);
    let header = read_edited(&bytes).ok()?;
    Some(Record { header, bytes })
}

/// The object with a `meta` behind its last member that names the version and says subset.
fn with_bare_meta(members: &[u8], tree: &Tree<'_>) -> Bytes {
    let meta = tree.root().get("meta");
    let mut out = members.strip_suffix(b"}").unwrap_or(members).to_vec();
    out.extend_from_slice(br#","meta":{"#);
    for name in ["versionId", "lastUpdated"] {
        let value = meta.and_then(|meta| meta.get(name));
        if let Some(value) = value.filter(|value| value.kind() == Kind::String) {
            out.extend_from_slice(format!("\"{name}\":{},", value.raw()).as_bytes());
        }
    }
    out.extend_from_slice(format!(r#""tag":[{TAG}]}}}}"#).as_bytes());
    Bytes::from(out)
}

fn subset(record: &Record, tree: &Tree<'_>, tagged: bool, keeps: impl Fn(&str) -> bool) -> Bytes {
    let mut out = String::with_capacity(record.bytes.len());
    for member in tree.root().children() {
        let name = member.name().unwrap_or_default();
        if !keeps(&name) {
            continue;
        }
        out.push(if out.is_empty() { '{' } else { ',' });
        match &*name {
            "meta" if !tagged => push_tagged_meta(&mut out, member),
            _ => push_member(&mut out, &record.bytes, member),
        }
    }
    if !tagged && tree.root().get("meta").is_none() {
        out.push_str(r#","meta":{"tag":["#);
        out.push_str(TAG);
        out.push_str("]}");
    }
    out.push('}');
    Bytes::from(out)
}

fn push_member(out: &mut String, bytes: &[u8], member: Value<'_>) {
    let text = member
        .member_span()
        .and_then(|span| std::str::from_utf8(span.of(bytes)).ok());
    out.push_str(text.unwrap_or_default());
}

fn push_tagged_meta(out: &mut String, meta: Value<'_>) {
    out.push_str(r#""meta":"#);
    let raw = meta.raw();
    let tags = meta.get("tag").filter(|tags| tags.kind() == Kind::Array);
    let (at, insertion) = match (tags, meta.kind()) {
        (Some(tags), _) => {
            let comma = if tags.items().next().is_some() {
                ","
            } else {
                ""
            };
            let behind_last = tags.span().end - meta.span().start - 1;
            (behind_last as usize, format!("{comma}{TAG}"))
        }
        (None, Kind::Object) => {
            let comma = if meta.children().next().is_some() {
                ","
            } else {
                ""
            };
            (1, format!(r#""tag":[{TAG}]{comma}"#))
        }
        // Not a Meta: nothing to add to, and nothing to change.
        (None, _) => (0, String::new()),
    };
    let (before, behind) = raw.split_at_checked(at).unwrap_or((raw, ""));
    out.push_str(before);
    out.push_str(&insertion);
    out.push_str(behind);
}

/// Also `_name`, which carries the id and extensions of a primitive element.
fn is_kept(resource_type: ResourceType, member: &str, elements: &[String]) -> bool {
    let name = member.strip_prefix('_').unwrap_or(member);
    let names = |element: &str| element == name || is_choice_of(element, name);
    IDENTITY.contains(&name)
        || MODIFIERS.contains(&name)
        || mandatory(resource_type)
            .iter()
            .any(|element| names(element))
        || elements.iter().any(|element| names(element))
}

fn is_choice_of(element: &str, name: &str) -> bool {
    CHOICES.contains(&element)
        && name
            .strip_prefix(element)
            .is_some_and(|rest| rest.starts_with(|first: char| first.is_ascii_uppercase()))
}

/// Elements with a minimum of one, and modifier elements, of each type (FHIR R4).
fn mandatory(resource_type: ResourceType) -> &'static [&'static str] {
    match resource_type {
        ResourceType::Patient => &["active", "deceased", "link"],
        ResourceType::AllergyIntolerance => &["patient", "clinicalStatus", "verificationStatus"],
        ResourceType::Condition => &["subject", "clinicalStatus", "verificationStatus"],
        ResourceType::Observation | ResourceType::DiagnosticReport => {
            &["status", "code", "subject"]
        }
        ResourceType::MedicationRequest => {
            &["status", "intent", "medication", "subject", "doNotPerform"]
        }
        ResourceType::Medication => &["status"],
        ResourceType::Binary => &["contentType"],
        ResourceType::Provenance => &["target", "recorded", "agent"],
        ResourceType::AuditEvent => &["type", "recorded", "agent", "source"],
        ResourceType::Consent => &["status", "scope", "category", "policy"],
        ResourceType::RelatedPerson => &["active", "patient"],
        ResourceType::Practitioner
        | ResourceType::PractitionerRole
        | ResourceType::Organization
        | ResourceType::Location => &[],
        ResourceType::MedicationDispense => &["status", "medication", "subject"],
        ResourceType::Appointment => &["status", "participant"],
        ResourceType::Coverage => &["status", "beneficiary", "payor"],
        ResourceType::ExplanationOfBenefit => &[
            "status",
            "type",
            "use",
            "patient",
            "created",
            "insurer",
            "provider",
            "outcome",
            "insurance",
        ],
        ResourceType::DocumentReference => &["status", "docStatus", "subject", "content"],
        ResourceType::Encounter => &["status", "class", "subject"],
        ResourceType::ImagingStudy
        | ResourceType::Communication
        | ResourceType::Procedure
        | ResourceType::CareTeam
        | ResourceType::Specimen
        | ResourceType::QuestionnaireResponse => &["status", "subject"],
        ResourceType::CarePlan => &["status", "intent", "subject"],
        ResourceType::Goal => &["lifecycleStatus", "description", "subject"],
        ResourceType::ServiceRequest => &["status", "intent", "subject", "doNotPerform"],
        ResourceType::Device => &["status", "patient"],
        ResourceType::Immunization => &[
            "status",
            "vaccineCode",
            "patient",
            "occurrence",
            "isSubpotent",
        ],
    }
}
