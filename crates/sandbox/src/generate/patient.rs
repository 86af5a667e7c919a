//! The Patient.

use super::Maker;
use super::json::Json;
use super::resource::{Label, concept, meta, terminology};

const MRN_SYSTEM: &str = "urn:ghasi-ehealth:mrn";

pub(super) fn patient(maker: &mut Maker<'_>) -> Json {
    let profile = maker.profile;
    let number = maker.between(100_000, 999_999);
    let distance = maker.between(1, 9);
    Json::object([
        ("resourceType", "Patient".into()),
        ("id", Json::text(maker.patient_id.clone())),
        ("meta", meta("2026-01-05T09:00:00Z", &[], Label::None)),
        ("extension", Json::list([unknown_extension(distance)])),
        ("identifier", Json::list([mrn(number)])),
        ("active", Json::raw("true")),
        ("name", names(maker)),
        ("telecom", telecom(maker)),
        ("gender", profile.gender.into()),
        ("birthDate", profile.birth_date.into()),
        ("address", address(maker)),
        ("communication", Json::list([language(profile.country)])),
    ])
}

/// An extension that nobody is told of, with a decimal that ends in a zero.
fn unknown_extension(distance: u32) -> Json {
    Json::object([
        (
            "url",
            "https://example.org/fhir/StructureDefinition/pharmacy-distance".into(),
        ),
        ("valueDecimal", Json::raw(format!("{distance}.50"))),
    ])
}

fn mrn(number: u32) -> Json {
    Json::object([
        ("use", "official".into()),
        (
            "type",
            concept(terminology("v2-0203"), "MR", "Medical record number"),
        ),
        ("system", MRN_SYSTEM.into()),
        ("value", Json::text(format!("MRN-{number}"))),
    ])
}

fn names(maker: &Maker<'_>) -> Json {
    let name = |of: &str, given: &str, family: &str| {
        Json::object([
            ("use", of.into()),
            ("text", Json::text(format!("{given} {family}"))),
            ("family", family.into()),
            ("given", Json::list([given.into()])),
        ])
    };
    let official = name("official", maker.profile.given, maker.profile.family);
    let own_script = maker
        .profile
        .own_script
        .map(|(given, family)| name("usual", given, family));
    Json::list(std::iter::once(official).chain(own_script))
}

fn telecom(maker: &mut Maker<'_>) -> Json {
    let mail = format!("{}@example.org", maker.profile.given.to_lowercase());
    let number = maker.between(100, 999);
    let point = |system: &str, value: String| {
        Json::object([
            ("system", system.into()),
            ("value", value.into()),
            ("use", "home".into()),
        ])
    };
    Json::list([
        point("phone", format!("+1-202-555-0{number}")),
        point("email", mail),
    ])
}

fn address(maker: &mut Maker<'_>) -> Json {
    let line = format!("{} Garden Street", maker.between(1, 200));
    Json::list([Json::object([
        ("use", "home".into()),
        ("line", Json::list([line.into()])),
        ("city", maker.profile.city.into()),
        ("country", maker.profile.country.into()),
    ])])
}

fn language(country: &str) -> Json {
    let (code, display) = match country {
        "AF" => ("fa-AF", "Dari"),
        "PL" => ("pl", "Polish"),
        "PT" => ("pt", "Portuguese"),
        _ => ("en", "English"),
    };
    Json::object([("language", concept("urn:ietf:bcp:47", code, display))])
}
