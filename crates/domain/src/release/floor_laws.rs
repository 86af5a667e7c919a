//! The laws of the floor.

use jiff::SignedDuration;
use portal_fhir::ResourceType;
use proptest::prelude::*;

use super::{HOLD, HOUR, ISSUED, MODES, STATUSES, Scene, contained, interpretation, judge, shown};
use crate::release::ReleaseMode;
use crate::testing::{at, rules};

fn any_contained() -> impl Strategy<Value = String> {
    (prop::sample::select(&STATUSES[..]), any::<bool>()).prop_map(|(status, critical)| {
        let more = format!(r#","interpretation":[{}]"#, interpretation("AA"));
        contained(status, if critical { &more } else { "" })
    })
}

fn any_scene() -> impl Strategy<Value = Scene> {
    let names = ResourceType::ALL
        .iter()
        .map(|resource_type| resource_type.as_str());
    (
        prop::sample::select(names.collect::<Vec<_>>()),
        prop::option::of(prop::sample::select(&STATUSES[..])),
        prop::sample::subsequence(
            vec!["released", "reviewed", "critical", "critical-acknowledged"],
            0..=4,
        ),
        prop::option::of(prop::sample::select(&["N", "H", "HH", "LL", "AA"][..])),
        prop::option::of(prop::sample::select(
            &[ISSUED, "2026-01-02T12:00:00+05:00"][..],
        )),
        prop::collection::vec(any_contained(), 0..2),
    )
        .prop_map(
            |(resource_type, status, marks, interpretation, issued, contained)| Scene {
                resource_type,
                status,
                marks,
                interpretation,
                issued,
                contained,
            },
        )
}

fn any_mode() -> impl Strategy<Value = ReleaseMode> {
    prop::sample::select(&MODES[..])
}

proptest! {
    #[test]
    fn time_only_releases(scene in any_scene(), mode in any_mode(), first in 0i64..200, later in 0i64..200) {
        if shown(&scene, mode, first) {
            prop_assert!(shown(&scene, mode, first + later));
        }
    }

    #[test]
    fn marks_show_no_more_than_status_does(scene in any_scene(), hours in 0i64..200) {
        if shown(&scene, ReleaseMode::Marked, hours) {
            prop_assert!(shown(&scene, ReleaseMode::ByStatus, hours));
        }
    }

    #[test]
    fn a_longer_hold_never_shows_more(scene in any_scene(), mode in any_mode(), hours in 0i64..200, more in 0i64..200) {
        let longer = HOLD + SignedDuration::from_hours(more);
        let (header, rules, now) = (scene.header(), rules(mode), at(hours * HOUR));
        if judge(&header, &rules, longer, now).is_ok() {
            prop_assert!(judge(&header, &rules, HOLD, now).is_ok());
        }
    }

    #[test]
    fn holding_something_more_never_shows_more(scene in any_scene(), inner in any_contained(), mode in any_mode(), hours in 0i64..200) {
        let mut more = scene.clone();
        more.contained.push(inner);
        if shown(&more, mode, hours) {
            prop_assert!(shown(&scene, mode, hours));
        }
    }

    #[test]
    fn an_unacknowledged_critical_result_waits(mut scene in any_scene(), mode in any_mode(), hours in 0i64..72) {
        scene.resource_type = "Observation";
        scene.interpretation = Some("HH");
        scene.marks.retain(|mark| *mark != "critical-acknowledged");
        prop_assert!(!shown(&scene, mode, hours));
    }

    #[test]
    fn what_a_marked_source_shows_is_marked(scene in any_scene(), hours in 0i64..200) {
        if shown(&scene, ReleaseMode::Marked, hours) {
            prop_assert!(scene.marks.contains(&"released"));
        }
    }
}
