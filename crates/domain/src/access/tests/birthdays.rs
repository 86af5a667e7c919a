//! How age narrows what a legal proxy has: birthdays, zones, and dates that tell too little.

use std::sync::Arc;

use jiff::civil::{Date, date};
use jiff::tz::{Offset, TimeZone};

use super::super::{BirthDate, Denial, authorize};
use super::parents::{FULL, LIMITED};
use super::{ANY, parent};
use crate::proxy_delegation::{DelegationRight, DelegationSnapshot, RelationshipType, RightSet};
use crate::testing::{delegation, proxy_facts, tenant};

/// What a legal proxy has: everything, the teenager's part, or a refusal.
#[derive(Debug, PartialEq, Eq)]
enum Has {
    Full,
    Limited,
    Refused(Denial),
}

/// The rights that the default bands leave of a teenager's record.
fn teenager() -> RightSet {
    use DelegationRight as R;
    RightSet::of([
        R::Allergies,
        R::Immunizations,
        R::AppointmentsView,
        R::AppointmentsManage,
        R::Billing,
    ])
}

fn has(delegation: DelegationSnapshot, birth_date: BirthDate, today: Date) -> Has {
    let mut facts = proxy_facts(delegation);
    facts.birth_date = birth_date;
    let now = today.to_zoned(TimeZone::UTC).unwrap().timestamp();
    let grant = match authorize(&facts, &ANY, now) {
        Ok(grant) => grant,
        Err(denial) => return Has::Refused(denial),
    };
    let proxy = grant.proxy().unwrap();
    match (proxy.is_full(), proxy.rights(), proxy.viewer()) {
        (true, RightSet::ALL, FULL) => Has::Full,
        (false, rights, LIMITED) if rights == teenager() => Has::Limited,
        other => panic!("neither full nor limited: {other:?}"),
    }
}

fn legal(relationship: RelationshipType, court_order: bool) -> DelegationSnapshot {
    let mut it = delegation(1, relationship, RightSet::ALL);
    it.valid_from = date(2000, 1, 1);
    it.court_order = court_order;
    it
}

fn parent_has(born: Date, today: Date) -> Has {
    let parent = legal(RelationshipType::Parent, false);
    has(parent, BirthDate::Day(born), today)
}

#[test]
fn access_narrows_on_the_birthday_and_not_a_day_later() {
    let of_age = || Has::Refused(Denial::PatientOfAge);
    for (born, today, expected) in [
        (date(2025, 12, 31), date(2025, 12, 31), Has::Full),
        (date(2014, 3, 2), date(2026, 3, 1), Has::Full),
        (date(2014, 3, 1), date(2026, 3, 1), Has::Limited),
        (date(2014, 2, 28), date(2026, 3, 1), Has::Limited),
        (date(2008, 3, 2), date(2026, 3, 1), Has::Limited),
        (date(2008, 3, 1), date(2026, 3, 1), of_age()),
        (date(2008, 2, 28), date(2026, 3, 1), of_age()),
        (date(1900, 1, 1), date(2026, 3, 1), of_age()),
        (date(2013, 12, 31), date(2025, 12, 30), Has::Full),
        (date(2013, 12, 31), date(2025, 12, 31), Has::Limited),
        (date(2014, 1, 1), date(2025, 12, 31), Has::Full),
        (date(2014, 1, 1), date(2026, 1, 1), Has::Limited),
    ] {
        assert_eq!(parent_has(born, today), expected, "{born} on {today}");
    }
}

#[test]
fn who_was_born_on_29_february_has_the_birthday_on_1_march_of_common_years() {
    let of_age = || Has::Refused(Denial::PatientOfAge);
    for (born, today, expected) in [
        // Twelve in a leap year: on the day itself.
        (date(2012, 2, 29), date(2024, 2, 28), Has::Full),
        (date(2012, 2, 29), date(2024, 2, 29), Has::Limited),
        (date(2012, 2, 29), date(2024, 3, 1), Has::Limited),
        // Eighteen in a common year: the day after 28 February.
        (date(2008, 2, 29), date(2026, 2, 28), Has::Limited),
        (date(2008, 2, 29), date(2026, 3, 1), of_age()),
        (date(2008, 2, 28), date(2026, 2, 28), of_age()),
        (date(2008, 3, 1), date(2026, 2, 28), Has::Limited),
    ] {
        assert_eq!(parent_has(born, today), expected, "{born} on {today}");
    }
}

#[test]
fn the_birthday_begins_in_the_tenant_s_zone() {
    let mut facts = proxy_facts(parent());
    let mut kabul = tenant("north");
    kabul.time_zone = TimeZone::fixed(Offset::from_seconds(16_200).unwrap());
    facts.tenant = Some(Arc::new(kabul));
    facts.birth_date = BirthDate::Day(date(2008, 1, 3));
    let before = "2026-01-02T19:29:59Z".parse().unwrap();
    assert!(authorize(&facts, &ANY, before).is_ok());
    let after = "2026-01-02T19:30:00Z".parse().unwrap();
    let refused = authorize(&facts, &ANY, after).err();
    assert_eq!(refused, Some(Denial::PatientOfAge));
}

#[test]
fn without_a_birth_date_that_can_be_there_nobody_is_a_parent() {
    let unknown = || Has::Refused(Denial::BirthDateUnknown);
    let today = date(2026, 1, 1);
    for (birth_date, expected) in [
        (BirthDate::NotAsked, unknown()),
        (BirthDate::Unknown, unknown()),
        (BirthDate::Day(date(2026, 1, 2)), unknown()),
        (BirthDate::Day(date(2051, 1, 1)), unknown()),
        (BirthDate::Day(today), Has::Full),
    ] {
        for (relationship, court_order) in [
            (RelationshipType::Parent, false),
            (RelationshipType::Guardian, true),
        ] {
            let found = has(legal(relationship, court_order), birth_date, today);
            assert_eq!(found, expected, "{birth_date:?} {relationship:?}");
        }
    }
}

#[test]
fn a_partial_date_counts_as_the_oldest_possible_age() {
    let day = |text: &str| portal_fhir::Date::parse(text).unwrap().first_day().unwrap();
    let today = date(2026, 1, 1);
    for (text, expected) in [
        ("2014", Has::Limited),
        ("2015", Has::Full),
        ("2008", Has::Refused(Denial::PatientOfAge)),
        ("2009", Has::Limited),
        ("2014-01", Has::Limited),
        ("2014-02", Has::Full),
        ("2008-01", Has::Refused(Denial::PatientOfAge)),
        ("2008-02", Has::Limited),
    ] {
        assert_eq!(parent_has(day(text), today), expected, "{text}");
    }
}

#[test]
fn majority_ends_every_legal_delegation_but_a_guardian_s_by_court_order() {
    use RelationshipType::{Guardian, Parent};
    let adult = BirthDate::Day(date(1980, 1, 1));
    let of_age = || Has::Refused(Denial::PatientOfAge);
    for (relationship, court_order, expected) in [
        (Parent, false, of_age()),
        (Parent, true, of_age()),
        (Guardian, false, of_age()),
        (Guardian, true, Has::Full),
    ] {
        let legal = legal(relationship, court_order);
        let found = has(legal, adult, date(2026, 1, 1));
        assert_eq!(found, expected, "{relationship:?} {court_order}");
    }
}

#[test]
fn a_guardian_is_bound_to_the_bands_as_a_parent_is() {
    for court_order in [false, true] {
        let guardian = legal(RelationshipType::Guardian, court_order);
        let teenager = BirthDate::Day(date(2010, 1, 1));
        assert_eq!(has(guardian, teenager, date(2026, 1, 1)), Has::Limited);
    }
}
