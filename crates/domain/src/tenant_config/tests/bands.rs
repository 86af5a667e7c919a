//! Age bands from a document.

use serde_json::{Value, json};

use super::{faults, parsed};
use crate::age_bands::{AgeBand, ParentAccess};
use crate::proxy_delegation::{DelegationRight, RightSet};

fn bands(bands: &Value) -> Vec<AgeBand> {
    parsed(&json!({"ageBands": bands}))
        .age_bands
        .bands()
        .to_vec()
}

fn band_faults(bands: &Value) -> Vec<(String, &'static str)> {
    faults(&json!({"ageBands": bands}))
}

/// One band with other members over the honest ones.
fn band(more: &Value) -> Value {
    let mut band = json!({"fromAge": 0, "toAge": 18, "parentAccess": "full"});
    band.as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    json!([band])
}

#[test]
fn every_member_of_a_band_is_read() {
    let read = bands(&json!([
        {"fromAge": 0, "toAge": 12, "parentAccess": "full"},
        {
            "fromAge": 12, "toAge": 16, "parentAccess": "limited",
            "limitedScope": ["allergies", "appointments.view"],
            "hideSensitive": false, "minorMayHoldAccount": true, "assentRequired": true,
        },
        {"fromAge": 16, "toAge": 18, "parentAccess": "none", "hideSensitive": true},
    ]));
    let limit = [
        DelegationRight::Allergies,
        DelegationRight::AppointmentsView,
    ];
    let expected = |from_age, to_age, parent_access| AgeBand {
        from_age,
        to_age,
        parent_access,
        hides_sensitive: false,
        minor_may_hold_account: false,
        assent_required: false,
    };
    let middle = expected(12, 16, ParentAccess::Limited(RightSet::of(limit)));
    let middle = AgeBand {
        minor_may_hold_account: true,
        assent_required: true,
        ..middle
    };
    let last = AgeBand {
        hides_sensitive: true,
        ..expected(16, 18, ParentAccess::Nothing)
    };
    assert_eq!(read, [expected(0, 12, ParentAccess::Full), middle, last]);
}

#[test]
fn what_is_sensitive_is_hidden_unless_access_is_full() {
    for (access, hides) in [("full", false), ("limited", true), ("none", true)] {
        let read = bands(&band(&json!({"parentAccess": access})));
        assert_eq!(read[0].hides_sensitive, hides, "{access}");
        for said in [true, false] {
            let band = band(&json!({"parentAccess": access, "hideSensitive": said}));
            assert_eq!(bands(&band)[0].hides_sensitive, said, "{access}");
        }
    }
}

#[test]
fn limited_access_without_a_scope_opens_no_right() {
    for more in [json!({}), json!({"limitedScope": []})] {
        let mut limited = band(&more);
        limited[0]["parentAccess"] = json!("limited");
        let read = bands(&limited);
        assert_eq!(read[0].parent_access, ParentAccess::Limited(RightSet::NONE));
    }
}

#[test]
fn every_fault_of_a_band_has_its_place() {
    let age = "expected completed years, 0 to 30";
    let flag = "expected true or false";
    let beside = "stands beside limited access only";
    for (more, place, message) in [
        (json!({"fromAge": "0"}), "/fromAge", age),
        (json!({"fromAge": -1}), "/fromAge", age),
        (json!({"toAge": 31}), "/toAge", age),
        (json!({"toAge": 17.5}), "/toAge", age),
        (json!({"toAge": 300}), "/toAge", age),
        (
            json!({"parentAccess": "Full"}),
            "/parentAccess",
            "expected full, limited or none",
        ),
        (
            json!({"parentAccess": null}),
            "/parentAccess",
            "expected full, limited or none",
        ),
        (json!({"limitedScope": ["labs"]}), "/limitedScope", beside),
        (
            json!({"parentAccess": "none", "limitedScope": ["labs"]}),
            "/limitedScope",
            beside,
        ),
        (
            json!({"parentAccess": "limited", "limitedScope": ["labs", "all"]}),
            "/limitedScope/1",
            "expected a delegation's scope word",
        ),
        (
            json!({"limitedScope": "labs"}),
            "/limitedScope",
            "expected an array",
        ),
        (json!({"hideSensitive": 1}), "/hideSensitive", flag),
        (
            json!({"minorMayHoldAccount": null}),
            "/minorMayHoldAccount",
            flag,
        ),
        (json!({"assentRequired": "no"}), "/assentRequired", flag),
        (
            json!({"hidesSensitive": true}),
            "/hidesSensitive",
            "is not a known member",
        ),
    ] {
        let expected = [(format!("/tenant/ageBands/0{place}"), message)];
        assert_eq!(band_faults(&band(&more)), expected, "{more}");
    }
}

#[test]
fn a_band_needs_its_ages_and_its_access() {
    let missing = |name| (format!("/tenant/ageBands/0/{name}"), "is missing");
    let expected = ["fromAge", "parentAccess", "toAge"].map(missing);
    assert_eq!(band_faults(&json!([{}])), expected);
}

#[test]
fn bands_begin_at_birth_and_adjoin() {
    let message = "expected bands from 0 on, each from where the one before ends (toAge is the \
                   first age behind a band)";
    let of = |ages: &[(u8, u8)]| {
        let band =
            |(from, to): &(u8, u8)| json!({"fromAge": from, "toAge": to, "parentAccess": "full"});
        Value::Array(ages.iter().map(band).collect())
    };
    for (ages, wrong) in [
        (&[][..], 0),
        (&[(1, 18)], 0),
        (&[(0, 0)], 0),
        (&[(0, 12), (13, 18)], 1),
        (&[(0, 12), (11, 18)], 1),
        (&[(0, 12), (12, 12)], 1),
        (&[(0, 12), (12, 10)], 1),
        (&[(0, 6), (6, 12), (18, 30)], 2),
    ] {
        let expected = [(format!("/tenant/ageBands/{wrong}"), message)];
        assert_eq!(band_faults(&of(ages)), expected, "{ages:?}");
    }
    for ages in [&[(0, 1)][..], &[(0, 30)], &[(0, 12), (12, 13), (13, 30)]] {
        assert_eq!(bands(&of(ages)).len(), ages.len());
    }
}

#[test]
fn bands_are_a_list_of_objects() {
    let array = [("/tenant/ageBands".to_owned(), "expected an array")];
    assert_eq!(band_faults(&json!({})), array);
    let object = [("/tenant/ageBands/1".to_owned(), "expected an object")];
    let one = band(&json!({}));
    assert_eq!(band_faults(&json!([one[0], 7])), object);
}
