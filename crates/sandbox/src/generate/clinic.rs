//! What a tenant has of its own: who works where, and when they can be seen. The same for every
//! seed but for the days of open times, which are the coming weeks.

use std::sync::Arc;

use bytes::Bytes;
use jiff::ToSpan as _;
use jiff::civil::Date;
use serde_json::{Value, json};

use crate::record::Record;

const TIME_ZONE: &str = "http://hl7.org/fhir/StructureDefinition/timezone";
const SNOMED: &str = "http://snomed.info/sct";
/// Days that have open times, from tomorrow on.
const DAYS: i32 = 28;
/// UTC hours at which they begin.
const HOURS: [u8; 4] = [4, 5, 6, 8];

/// The clinic of a tenant, as of a day.
pub(crate) fn clinic(today: Date) -> Vec<Arc<Record>> {
    let mut resources = directory();
    for (practitioner, location) in [
        ("dr-karimi", "clinic-kabul"),
        ("dr-haidari", "clinic-dubai"),
    ] {
        resources.push(schedule(practitioner, location));
        for day in 1..=DAYS {
            resources.extend(slots(practitioner, today + day.days()));
        }
    }
    let record = |resource: Value| {
        let record = Record::read(Bytes::from(resource.to_string()));
        Arc::new(record.expect("every resource here has a type and an id"))
    };
    resources.into_iter().map(record).collect()
}

fn directory() -> Vec<Value> {
    let physical = "http://terminology.hl7.org/CodeSystem/location-physical-type";
    let home = json!([{"system": physical, "code": "ho"}]);
    vec![
        json!({"resourceType": "Organization", "id": "org-example", "active": true, "name": "Example Clinics"}),
        location("clinic-kabul", "Clinic Kabul", "Kabul", "Asia/Kabul"),
        location("clinic-dubai", "Clinic Dubai", "Dubai", "Asia/Dubai"),
        json!({"resourceType": "Location", "id": "home-haidari", "status": "active",
               "name": "Home of Dr. Haidari", "physicalType": {"coding": home}}),
        practitioner("dr-karimi", ("Laila", "Karimi"), ("لیلا", "کریمی")),
        practitioner("dr-haidari", ("Omar", "Haidari"), ("عمر", "حیدری")),
        practitioner("dr-former", ("Nasrin", "Wardak"), ("نسرین", "وردک")),
        role(
            "karimi-general",
            "dr-karimi",
            &["clinic-kabul"],
            "394814009",
            "General practice",
        ),
        role(
            "haidari-heart",
            "dr-haidari",
            &["clinic-dubai", "home-haidari"],
            "394579002",
            "Cardiology",
        ),
        {
            let mut role = role(
                "former",
                "dr-former",
                &["clinic-kabul"],
                "394579002",
                "Cardiology",
            );
            role["active"] = json!(false);
            role
        },
    ]
}

fn location(id: &str, name: &str, city: &str, zone: &str) -> Value {
    json!({
        "resourceType": "Location", "id": id, "status": "active", "name": name,
        "extension": [{"url": TIME_ZONE, "valueCode": zone}],
        "address": {"line": ["1 Example Street"], "city": city},
    })
}

fn practitioner(id: &str, latin: (&str, &str), own: (&str, &str)) -> Value {
    let name = |(given, family)| json!({"use": "official", "given": [given], "family": family});
    json!({"resourceType": "Practitioner", "id": id, "active": true, "name": [name(latin), name(own)]})
}

fn role(id: &str, practitioner: &str, locations: &[&str], code: &str, display: &str) -> Value {
    let places: Vec<Value> = locations
        .iter()
        .map(|id| json!({"reference": format!("Location/{id}")}))
        .collect();
    json!({
        "resourceType": "PractitionerRole", "id": id, "active": true,
        "practitioner": {"reference": format!("Practitioner/{practitioner}")},
        "organization": {"reference": "Organization/org-example"},
        "location": places,
        "specialty": [{"coding": [{"system": SNOMED, "code": code, "display": display}]}],
    })
}

fn schedule(practitioner: &str, location: &str) -> Value {
    json!({
        "resourceType": "Schedule", "id": format!("schedule-{practitioner}"), "active": true,
        "actor": [
            {"reference": format!("Practitioner/{practitioner}")},
            {"reference": format!("Location/{location}")},
        ],
    })
}

/// The times of a day; the first of them is taken.
fn slots(practitioner: &str, day: Date) -> impl Iterator<Item = Value> {
    HOURS.into_iter().map(move |hour| {
        json!({
            "resourceType": "Slot", "id": format!("slot-{practitioner}-{day}-{hour}"),
            "schedule": {"reference": format!("Schedule/schedule-{practitioner}")},
            "status": if hour == HOURS[0] { "busy" } else { "free" },
            "start": format!("{day}T{hour:02}:00:00Z"),
            "end": format!("{day}T{hour:02}:20:00Z"),
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn open_times_are_of_the_coming_weeks_and_of_known_calendars() {
        let records = clinic(jiff::civil::date(2026, 3, 1));
        let of = |kind: &str| records.iter().filter(|it| it.resource_type == kind).count();
        assert_eq!((of("Schedule"), of("Slot")), (2, 2 * 28 * 4));
        assert_eq!((of("Practitioner"), of("Location")), (3, 3));
        let slot = records
            .iter()
            .find(|it| it.id == "slot-dr-karimi-2026-03-29-8");
        assert!(slot.is_some());
    }
}
