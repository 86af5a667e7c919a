//! Where appointments are, as far as their clocks are concerned.

use std::collections::HashMap;

use jiff::tz::TimeZone;
use portal_domain::disclosure::{Released, ReleasedRecord};
use portal_domain::source::RecordSet;
use portal_fhir::Header;
use portal_fhir::json::Value;

use super::Reading;
use super::directory::read;

/// The extension by which a Location says its IANA zone (FHIR extension pack, `timezone`).
const TIME_ZONE: &str = "http://hl7.org/fhir/StructureDefinition/timezone";

/// What a place says of its clock.
#[derive(Debug, Clone)]
pub(crate) enum PlaceZone {
    /// It stands in this zone.
    Said(TimeZone),
    /// It stands in a zone that nobody knows.
    Unusable,
}

/// The zones that the places of some appointments say, by the id of the appointment.
#[derive(Debug, Default)]
pub(crate) struct PlaceZones(HashMap<Box<str>, PlaceZone>);

impl PlaceZones {
    /// What the first place of an appointment that says something says.
    pub(crate) fn of(&self, appointment: &str) -> Option<&PlaceZone> {
        self.0.get(appointment)
    }

    /// The names of the usable ones, by the id of the appointment.
    pub(crate) fn names(&self) -> HashMap<Box<str>, Box<str>> {
        let name = |zone: &PlaceZone| match zone {
            PlaceZone::Said(zone) => zone.iana_name().map(Box::from),
            PlaceZone::Unusable => None,
        };
        let named = self.0.iter();
        named
            .filter_map(|(id, zone)| Some((id.clone(), name(zone)?)))
            .collect()
    }
}

/// Loads the places of appointments; says whether there are any.
pub(super) async fn zones(
    reading: &mut Reading<'_>,
    appointments: &[ReleasedRecord],
) -> (PlaceZones, Option<RecordSet>) {
    let set = RecordSet::Locations;
    let mut ids: Vec<&str> = appointments
        .iter()
        .flat_map(|appointment| places(appointment.header()))
        .collect();
    ids.sort_unstable();
    ids.dedup();
    let ids = reading.at_source(set, &ids);
    if ids.is_empty() {
        return (PlaceZones::default(), None);
    }
    reading.load_reached(set, ids).await;
    let released = reading.released(set);
    let said: HashMap<Box<str>, PlaceZone> = released
        .iter()
        .flat_map(Released::records)
        .filter_map(|place| Some((place.header().id.clone(), zone(&place)?)))
        .collect();
    let of = |appointment: &ReleasedRecord| {
        let mut places = places(appointment.header());
        let zone = places.find_map(|place| said.get(place))?;
        Some((appointment.header().id.clone(), zone.clone()))
    };
    let zones = appointments.iter().filter_map(of).collect();
    (PlaceZones(zones), Some(set))
}

/// The ids of the Locations that take part.
fn places(appointment: &Header) -> impl Iterator<Item = &str> {
    appointment
        .references_at("participant")
        .filter_map(|reference| reference.target.strip_prefix("Location/"))
}

/// What a Location says of its clock.
pub(super) fn zone(place: &ReleasedRecord) -> Option<PlaceZone> {
    read(place, said_zone).flatten()
}

fn said_zone(location: Value<'_>) -> Option<PlaceZone> {
    let mut extensions = location.get("extension")?.items();
    let said = extensions.find(|extension| {
        let url = extension.get("url").and_then(Value::text);
        url.as_deref() == Some(TIME_ZONE)
    })?;
    let name = said.get("valueCode").and_then(Value::text);
    let known = name.and_then(|name| TimeZone::get(&name).ok());
    Some(known.map_or(PlaceZone::Unusable, PlaceZone::Said))
}

#[cfg(test)]
mod tests {
    use portal_fhir::json::Tree;

    use super::*;

    fn said(location: &str) -> Option<PlaceZone> {
        said_zone(Tree::parse(location.as_bytes(), 64).unwrap().root())
    }

    fn with(zone: &str) -> String {
        format!(r#"{{"extension":[{{"url":"x"}},{{"url":"{TIME_ZONE}",{zone}}}]}}"#)
    }

    #[test]
    fn a_place_says_its_zone_or_none_or_one_that_is_none() {
        let kabul = said(&with(r#""valueCode":"Asia/Kabul""#));
        assert!(
            matches!(&kabul, Some(PlaceZone::Said(zone)) if zone.iana_name() == Some("Asia/Kabul"))
        );
        for odd in [
            r#""valueCode":"Mars/Olympus""#,
            r#""valueCode":7"#,
            r#""valueCode":"""#,
        ] {
            assert!(
                matches!(said(&with(odd)), Some(PlaceZone::Unusable)),
                "{odd}"
            );
        }
        assert!(said(r#"{"name":"Clinic"}"#).is_none());
        assert!(said(r#"{"extension":{"url":"x"}}"#).is_none());
    }
}
