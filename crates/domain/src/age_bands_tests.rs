use jiff::civil::{Date, date};
use proptest::prelude::*;

use super::{AgeBand, AgeBands, BandsInvalid, ParentAccess, ParentalAccess, age_on};
use crate::proxy_delegation::{DelegationRight, RightSet};

fn band(from_age: u8, to_age: u8) -> AgeBand {
    AgeBand {
        from_age,
        to_age,
        parent_access: ParentAccess::Full,
        hides_sensitive: false,
        minor_may_hold_account: false,
        assent_required: false,
    }
}

fn bands(ages: &[(u8, u8)]) -> Result<AgeBands, BandsInvalid> {
    AgeBands::new(ages.iter().map(|(from, to)| band(*from, *to)).collect())
}

#[test]
fn bands_cover_the_years_of_a_minor_without_gap_or_overlap() {
    for (ages, wrong) in [
        (&[][..], 0),
        (&[(1, 18)], 0),
        (&[(0, 0)], 0),
        (&[(0, 12), (13, 18)], 1),
        (&[(0, 12), (11, 18)], 1),
        (&[(0, 12), (12, 12)], 1),
        (&[(0, 12), (12, 18), (0, 30)], 2),
    ] {
        assert_eq!(bands(ages), Err(BandsInvalid { index: wrong }), "{ages:?}");
    }
    for ages in [&[(0, 1)][..], &[(0, 12), (12, 18)]] {
        let expected: Vec<_> = ages.iter().map(|(from, to)| band(*from, *to)).collect();
        assert_eq!(bands(ages).unwrap().bands(), expected);
    }
}

#[test]
fn the_first_age_behind_a_band_is_not_in_it() {
    let three = AgeBands::new(vec![
        band(0, 6),
        AgeBand {
            parent_access: ParentAccess::Limited(RightSet::ALL),
            ..band(6, 7)
        },
        AgeBand {
            parent_access: ParentAccess::Nothing,
            ..band(7, 18)
        },
    ]);
    let three = three.unwrap();
    for (age, expected) in [
        (0, Some(ParentAccess::Full)),
        (5, Some(ParentAccess::Full)),
        (6, Some(ParentAccess::Limited(RightSet::ALL))),
        (7, Some(ParentAccess::Nothing)),
        (17, Some(ParentAccess::Nothing)),
        (18, None),
        (120, None),
    ] {
        let found = match three.of(date(2026 - age, 5, 5), date(2026, 5, 5)) {
            ParentalAccess::Minor { access, .. } => Some(access),
            ParentalAccess::Adult => None,
        };
        assert_eq!(found, expected, "{age}");
    }
}

#[test]
fn the_default_is_full_to_twelve_and_limited_to_eighteen() {
    let default = AgeBands::default();
    assert_eq!(
        AgeBands::new(default.bands().to_vec()).as_ref(),
        Ok(&default)
    );
    let [child, teenager] = default.bands() else {
        panic!("two bands");
    };
    assert_eq!((child.from_age, child.to_age), (0, 12));
    assert_eq!((teenager.from_age, teenager.to_age), (12, 18));
    assert_eq!(child.parent_access, ParentAccess::Full);
    let ParentAccess::Limited(rights) = teenager.parent_access else {
        panic!("limited access");
    };
    assert!(rights.contains(DelegationRight::Immunizations));
    for closed in [
        DelegationRight::Labs,
        DelegationRight::Problems,
        DelegationRight::Messages,
    ] {
        assert!(!rights.contains(closed), "{closed:?}");
    }
    assert!(!child.hides_sensitive && teenager.hides_sensitive);
    assert!(!child.minor_may_hold_account && teenager.minor_may_hold_account);
    assert!(!child.assent_required && teenager.assent_required);
}

#[test]
fn ages_are_completed_years() {
    for (born, today, age) in [
        (date(2020, 5, 5), date(2026, 5, 4), 5),
        (date(2020, 5, 5), date(2026, 5, 5), 6),
        (date(2020, 5, 5), date(2026, 4, 30), 5),
        (date(2020, 5, 5), date(2026, 6, 1), 6),
        (date(2020, 12, 31), date(2021, 1, 1), 0),
        (date(2020, 1, 1), date(2020, 12, 31), 0),
        (date(2024, 2, 29), date(2025, 2, 28), 0),
        (date(2024, 2, 29), date(2025, 3, 1), 1),
        (date(2024, 2, 29), date(2028, 2, 28), 3),
        (date(2024, 2, 29), date(2028, 2, 29), 4),
    ] {
        assert_eq!(age_on(born, today), age, "{born} on {today}");
    }
}

fn any_day() -> impl Strategy<Value = Date> {
    (1990i16..2040, 1i8..=12, 1i8..=31).prop_filter_map("no such day", |(year, month, day)| {
        Date::new(year, month, day).ok()
    })
}

proptest! {
    #[test]
    fn nobody_grows_younger(born in any_day(), one in any_day(), other in any_day()) {
        let (earlier, later) = (one.min(other), one.max(other));
        prop_assert!(age_on(born, earlier) <= age_on(born, later));
        prop_assert!(age_on(earlier, born) >= age_on(later, born));
    }

    #[test]
    fn a_year_is_over_when_the_same_day_has_come_round(born in any_day(), years in 0i16..40) {
        let round = Date::new(born.year() + years, born.month(), born.day())
            .unwrap_or_else(|_| Date::new(born.year() + years, 3, 1).unwrap());
        prop_assert_eq!(age_on(born, round), years);
        prop_assert_eq!(age_on(born, round.yesterday().unwrap()), years - 1);
    }

    #[test]
    fn whoever_is_of_age_stays_so(born in any_day(), one in any_day(), other in any_day()) {
        let default = AgeBands::default();
        let of = |today| default.of(born, today);
        let (earlier, later) = (one.min(other), one.max(other));
        if of(earlier) == ParentalAccess::Adult {
            prop_assert_eq!(of(later), ParentalAccess::Adult);
        }
    }
}
