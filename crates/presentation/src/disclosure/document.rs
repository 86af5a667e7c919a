//! The chart summary as a FHIR document (FHIR R4 3.3): a Composition and the resources it names.

use bytes::Bytes;
use portal_application::SummaryAnswer;
use serde::Serialize;

use crate::correlation::uuid_urn;
use crate::language::Language;
use crate::messages::ViewText;

use super::bundle::{Entry, entries_size, full_url, push_entry, push_string};

const LOINC: &str = "http://loinc.org";
const ABSENT_UNKNOWN: &str = "http://hl7.org/fhir/uv/ips/CodeSystem/absent-unknown-uv-ips";
const LIST_EMPTY_REASON: &str = "http://terminology.hl7.org/CodeSystem/list-empty-reason";

/// One section, as the International Patient Summary codes it.
struct Part {
    group: &'static str,
    loinc: &'static str,
    title: ViewText,
    /// What the summary says of a part with nothing to show, whatever the reason for that is.
    no_information: Option<&'static str>,
}

const PARTS: [Part; 5] = [
    Part {
        group: "problems",
        loinc: "11450-4",
        title: ViewText::Problems,
        no_information: Some("no-problem-info"),
    },
    Part {
        group: "allergies",
        loinc: "48765-2",
        title: ViewText::Allergies,
        no_information: Some("no-allergy-info"),
    },
    Part {
        group: "medications",
        loinc: "10160-0",
        title: ViewText::Medications,
        no_information: Some("no-medication-info"),
    },
    Part {
        group: "vitals",
        loinc: "8716-3",
        title: ViewText::Vitals,
        no_information: None,
    },
    Part {
        group: "immunizations",
        loinc: "11369-6",
        title: ViewText::Immunizations,
        no_information: None,
    },
];

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Composition {
    resource_type: &'static str,
    id: String,
    language: &'static str,
    status: &'static str,
    r#type: Concept,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<Reference>,
    date: String,
    author: [Author; 1],
    title: &'static str,
    section: Vec<Section>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Section {
    title: &'static str,
    code: Concept,
    text: Narrative,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    entry: Vec<Reference>,
    #[serde(skip_serializing_if = "Option::is_none")]
    empty_reason: Option<Concept>,
}

#[derive(Serialize)]
struct Concept {
    coding: [Coding; 1],
}

#[derive(Serialize)]
struct Coding {
    system: &'static str,
    code: &'static str,
}

#[derive(Serialize)]
struct Reference {
    reference: String,
}

#[derive(Serialize)]
struct Author {
    display: &'static str,
}

#[derive(Serialize)]
struct Narrative {
    status: &'static str,
    div: String,
}

/// Writes the document.
pub(super) fn write(answer: &SummaryAnswer, public_url: &str, language: Language) -> Bytes {
    let entries: Vec<Entry<'_>> = answer.disclosure.records().map(Entry::of).collect();
    let composition = composition(answer, language);
    let resource =
        serde_json::to_vec(&composition).expect("texts and lists of them always serialise");
    let room = entries_size(public_url, &entries) + resource.len() + 512;
    let mut out = Vec::with_capacity(room);
    out.extend_from_slice(br#"{"resourceType":"Bundle","id":"#);
    push_string(&mut out, &composition.id);
    out.extend_from_slice(br#","identifier":{"system":"urn:ietf:rfc:3986","value":"#);
    push_string(&mut out, &uuid_urn(answer.id.0));
    out.extend_from_slice(br#"},"type":"document","timestamp":"#);
    push_string(&mut out, &composition.date);
    out.extend_from_slice(br#","entry":[{"fullUrl":"#);
    push_string(
        &mut out,
        &full_url(public_url, "Composition", &composition.id),
    );
    out.extend_from_slice(br#","resource":"#);
    out.extend_from_slice(&resource);
    out.extend_from_slice(b"}");
    for entry in &entries {
        out.extend_from_slice(b",");
        push_entry(&mut out, public_url, entry, b"}");
    }
    out.extend_from_slice(b"]}");
    Bytes::from(out)
}

fn composition(answer: &SummaryAnswer, language: Language) -> Composition {
    Composition {
        resource_type: "Composition",
        id: answer.id.to_string(),
        language: language.tag(),
        status: "final",
        r#type: concept(LOINC, "60591-5"),
        subject: references(answer, "patient").next(),
        date: format!("{:.3}", answer.decided_at),
        author: [Author {
            display: ViewText::Portal.in_language(language),
        }],
        title: ViewText::Summary.in_language(language),
        section: PARTS
            .iter()
            .map(|part| section(part, answer, language))
            .collect(),
    }
}

fn section(part: &Part, answer: &SummaryAnswer, language: Language) -> Section {
    let entry: Vec<Reference> = references(answer, part.group).collect();
    let (text, empty_reason) = if answer.left_out.contains(&part.group) {
        (ViewText::NotAsked, Some((LIST_EMPTY_REASON, "notasked")))
    } else if answer.unavailable.contains(&part.group) {
        (
            ViewText::Unavailable,
            Some((LIST_EMPTY_REASON, "unavailable")),
        )
    } else if entry.is_empty() {
        let reason = part.no_information.map(|code| (ABSENT_UNKNOWN, code));
        (ViewText::NothingToShow, reason)
    } else {
        (ViewText::SeeEntries, None)
    };
    Section {
        title: part.title.in_language(language),
        code: concept(LOINC, part.loinc),
        text: narrative(text, language),
        entry,
        empty_reason: empty_reason.map(|(system, code)| concept(system, code)),
    }
}

fn references<'a>(
    answer: &'a SummaryAnswer,
    group: &'a str,
) -> impl Iterator<Item = Reference> + 'a {
    answer.disclosure.group(group).map(|record| Reference {
        reference: format!("{}/{}", record.header().resource_type, record.header().id),
    })
}

const fn concept(system: &'static str, code: &'static str) -> Concept {
    Concept {
        coding: [Coding { system, code }],
    }
}

fn narrative(text: ViewText, language: Language) -> Narrative {
    let (tag, text) = (language.tag(), text.in_language(language));
    let direction = if language.is_arabic_script() {
        "rtl"
    } else {
        "ltr"
    };
    Narrative {
        status: "generated",
        div: format!(
            r#"<div xmlns="http://www.w3.org/1999/xhtml" lang="{tag}" xml:lang="{tag}" dir="{direction}">{text}</div>"#
        ),
    }
}
