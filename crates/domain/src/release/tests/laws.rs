//! The laws of what is withheld, for any policy, any records and anybody who looks.

use jiff::SignedDuration;
use proptest::prelude::*;

use super::generators::{
    any_policy, any_proxy, any_viewer, hours, restriction, rule_of, sensitive_set,
};
use super::scene::scene;
use super::{Effect, ReleasePolicy, Until, Withheld};
use crate::release::Viewer;

/// A policy that holds more than another: one of its effects made stricter.
fn stricter(
    policy: &ReleasePolicy,
    place: usize,
    effect: Effect,
    more: SignedDuration,
) -> ReleasePolicy {
    let mut stricter = policy.clone();
    let place = place % (policy.rules.len() + 1);
    let held = match stricter.rules.get_mut(place) {
        Some(rule) => &mut rule.effect,
        None => &mut stricter.default,
    };
    *held = match *held {
        Effect::Release => effect,
        Effect::HoldFor(time) => Effect::HoldFor(time + more),
        Effect::HoldUntilReviewed | Effect::Withhold => Effect::Withhold,
    };
    stricter
}

proptest! {
    #[test]
    fn one_rule_more_that_restricts_shows_nothing_more(
        scene in scene(any_viewer()),
        policy in any_policy(),
        rule in rule_of(restriction()),
        place in 0usize..5,
    ) {
        let mut more = policy.clone();
        more.rules.insert(place.min(policy.rules.len()), rule);
        prop_assert!(scene.visible(&more).is_subset(&scene.visible(&policy)));
    }

    #[test]
    fn a_hold_instead_of_a_release_and_a_longer_hold_show_nothing_more(
        scene in scene(any_viewer()),
        policy in any_policy(),
        place in 0usize..5,
        effect in restriction(),
        more in hours(),
    ) {
        let stricter = stricter(&policy, place, effect, more);
        prop_assert!(scene.visible(&stricter).is_subset(&scene.visible(&policy)));
    }

    #[test]
    fn critical_results_that_wait_longer_show_nothing_more(
        scene in scene(any_viewer()),
        policy in any_policy(),
        more in hours(),
    ) {
        let mut longer = policy.clone();
        longer.critical_hold += more;
        prop_assert!(scene.visible(&longer).is_subset(&scene.visible(&policy)));
    }

    #[test]
    fn no_policy_shows_what_the_floor_hides(
        scene in scene(any_viewer()),
        policy in any_policy(),
    ) {
        let floor = ReleasePolicy {
            critical_hold: policy.critical_hold,
            ..ReleasePolicy::default()
        };
        prop_assert!(scene.visible(&policy).is_subset(&scene.visible(&floor)));
    }

    #[test]
    fn a_proxy_never_sees_what_the_patient_does_not(
        scene in scene(any_proxy()),
        policy in any_policy(),
    ) {
        let own = scene.seen_by(Viewer::PATIENT).visible(&policy);
        prop_assert!(scene.visible(&policy).is_subset(&own));
    }

    #[test]
    fn who_may_see_fewer_sensitive_categories_sees_no_more(
        scene in scene(any_proxy()),
        policy in any_policy(),
        visible in sensitive_set(),
    ) {
        let all = scene.viewer.sensitive;
        let fewer = Viewer {
            sensitive: Some(all.map_or(visible, |all| all.intersection(visible))),
            ..scene.viewer
        };
        prop_assert!(scene.seen_by(fewer).visible(&policy).is_subset(&scene.visible(&policy)));
    }

    #[test]
    fn for_the_patient_time_only_releases(
        scene in scene(Just(Viewer::PATIENT)),
        policy in any_policy(),
        later in 0i64..100,
    ) {
        let after = scene.at(scene.hour + later);
        prop_assert!(scene.visible(&policy).is_subset(&after.visible(&policy)));
    }

    #[test]
    fn filtering_what_is_visible_hides_nothing_more(
        scene in scene(any_viewer()),
        policy in any_policy(),
    ) {
        let once = scene.only_visible(&policy);
        prop_assert_eq!(once.visible(&policy), scene.visible(&policy));
    }

    #[test]
    fn a_visible_report_has_visible_results(
        scene in scene(any_viewer()),
        policy in any_policy(),
    ) {
        let visible = scene.visible(&policy);
        for (number, named) in scene.laboratory.1.iter().enumerate() {
            if visible.contains(&format!("lab.r{number}")) {
                for result in named.iter().filter(|result| **result < scene.laboratory.0.len()) {
                    let id = format!("lab.o{result}");
                    prop_assert!(visible.contains(&id), "{}", id);
                }
            }
        }
    }

    #[test]
    fn what_is_held_is_shown_once_the_last_of_its_holds_has_ended(
        scene in scene(Just(Viewer::PATIENT)),
        policy in any_policy(),
    ) {
        let verdict = |now, index| scene.verdicts_at(&policy, now).0.at(index);
        for index in 0..scene.results.headers().count() {
            let held = verdict(scene.now(), index);
            let Some(Withheld::Held { until: Until::Moment(until), .. }) = held else {
                continue;
            };
            prop_assert!(scene.now() < until);
            prop_assert_eq!(verdict(until, index), None);
            let before = until.checked_sub(SignedDuration::from_nanos(1)).unwrap();
            prop_assert!(verdict(before, index).is_some());
        }
    }
}
