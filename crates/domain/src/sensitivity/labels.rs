//! Security labels (FHIR R4 6.1.1, HL7 v3-ActCode and v3-Confidentiality).

use portal_fhir::Coding;

use super::SensitivityCategory as Category;

const ACT_CODE: &str = "http://terminology.hl7.org/CodeSystem/v3-ActCode";
const CONFIDENTIALITY: &str = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality";
/// Labels of these systems say how data may be used or how sure it is, not that it is sensitive.
const NEUTRAL: [&str; 3] = [
    "http://terminology.hl7.org/CodeSystem/v3-ActReason",
    "http://terminology.hl7.org/CodeSystem/v3-ObservationValue",
    "http://terminology.hl7.org/CodeSystem/v3-RoleCode",
];

/// What one label says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Label {
    /// Nothing about sensitivity.
    Neutral,
    /// Sensitive, of this category.
    Sensitive(Category),
    /// None that is known: it may mean anything.
    Unknown,
}

/// Reads one label of `meta.security`.
pub(super) fn read(label: &Coding) -> Label {
    let Some(code) = label.code.as_deref() else {
        return Label::Unknown;
    };
    match label.system.as_deref() {
        Some(CONFIDENTIALITY) => confidentiality(code),
        Some(ACT_CODE) => act_code(code),
        Some(system) if NEUTRAL.contains(&system) => Label::Neutral,
        Some(_) => Label::Unknown,
        // Without a system a code is believed only as far as it restricts.
        None => match (confidentiality(code), act_code(code)) {
            (Label::Sensitive(category), _) | (_, Label::Sensitive(category)) => {
                Label::Sensitive(category)
            }
            _ => Label::Unknown,
        },
    }
}

fn confidentiality(code: &str) -> Label {
    match code {
        "U" | "L" | "M" | "N" => Label::Neutral,
        "R" | "V" => Label::Sensitive(Category::Restricted),
        _ => Label::Unknown,
    }
}

fn act_code(code: &str) -> Label {
    let category = match code {
        "PSY" | "PSYTHPN" | "MH" | "BH" | "COGN" | "DVD" | "EMOTDIS" | "MENCAT" => {
            Category::MentalHealth
        }
        "ETH" | "ETHUD" | "SUD" | "ALC" | "OPIOIDUD" | "ALCOHOL" | "DRGIS" => {
            Category::SubstanceUse
        }
        "SEX" | "PREGNANT" | "REPRO" => Category::SexualReproductive,
        "HIV" | "STD" => Category::HivSti,
        "GDIS" | "GENETIC" | "SICKLE" => Category::Genetic,
        "SDV" | "VIO" | "SEXABUSE" | "DOMVIO" => Category::Violence,
        "TBOO" | "SPI" | "DIA" | "DRGINFO" | "EMP" | "LOCIS" | "SSP" | "ADOL" | "CEL"
        | "EMRGSTY" | "FMCOMPT" | "DEMO" | "DOB" | "GENDER" | "LIVARG" | "MARST" | "RACE"
        | "REL" | "B" | "EMPL" | "COMPT" => Category::Restricted,
        _ => return Label::Unknown,
    };
    Label::Sensitive(category)
}
