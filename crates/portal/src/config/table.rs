//! Every setting there is, by section.

use super::setting::Setting;
use super::{identity, inbox, keys, licence, limits, people, service, sources, stores};

/// Settings that belong together.
pub struct Section {
    /// The heading in `.env.example`.
    pub title: &'static str,
    /// In reading order.
    pub settings: Vec<&'static Setting>,
}

/// All sections, in reading order.
pub fn sections() -> Vec<Section> {
    let section = |title, settings: &[&'static Setting]| Section {
        title,
        settings: settings.to_vec(),
    };
    let families = sources::FAMILIES.iter().flat_map(sources::Family::settings);
    vec![
        section("The service", &service::SETTINGS),
        section("Limits", &limits::SETTINGS),
        section("Stores", &stores::SETTINGS),
        section("Identity", &identity::SETTINGS),
        section("People", &people::SETTINGS),
        section("Events of others", &inbox::SETTINGS),
        section("Licences", &licence::SETTINGS),
        section("Keys", &keys::SETTINGS),
        Section {
            title: "Sources",
            settings: sources::SETTINGS
                .into_iter()
                .chain(sources::FHIR_AUTH.settings())
                .chain(families)
                .collect(),
        },
    ]
}

/// All settings.
pub fn settings() -> impl Iterator<Item = &'static Setting> {
    sections().into_iter().flat_map(|section| section.settings)
}

/// The setting of a name.
pub fn find(name: &str) -> Option<&'static Setting> {
    settings().find(|setting| setting.name == name)
}
