use jiff::{SignedDuration, Timestamp};
use portal_fhir::Header;

use super::{Floor, ReleaseMode, ReleaseRules, Withheld};
use crate::testing::{TAG_SYSTEM, at, record, rules};

#[path = "floor_laws.rs"]
mod laws;

const MODES: [ReleaseMode; 2] = [ReleaseMode::Marked, ReleaseMode::ByStatus];
const STATUSES: [&str; 12] = [
    "final",
    "amended",
    "corrected",
    "appended",
    "preliminary",
    "partial",
    "registered",
    "cancelled",
    "entered-in-error",
    "unknown",
    "active",
    "draft",
];
/// `issued` of a resource that says when it was.
const ISSUED: &str = "2026-01-01T00:00:00Z";
const HOUR: i64 = 3_600;
const HOLD: SignedDuration = SignedDuration::from_hours(72);

fn judge(
    header: &Header,
    rules: &ReleaseRules,
    hold: SignedDuration,
    now: Timestamp,
) -> Result<(), Withheld> {
    Floor::of(header, rules).check(header, hold, now)
}

/// The parts of a resource that the floor looks at.
#[derive(Debug, Clone, Default)]
struct Scene {
    resource_type: &'static str,
    status: Option<&'static str>,
    marks: Vec<&'static str>,
    interpretation: Option<&'static str>,
    issued: Option<&'static str>,
    contained: Vec<String>,
}

impl Scene {
    fn of(resource_type: &'static str, status: &'static str) -> Self {
        Self {
            resource_type,
            status: Some(status),
            ..Self::default()
        }
    }

    fn result(marks: &[&'static str], interpretation: Option<&'static str>) -> Self {
        Self {
            marks: marks.to_vec(),
            interpretation,
            issued: Some(ISSUED),
            ..Self::of("Observation", "final")
        }
    }

    fn header(&self) -> Header {
        let tags = self
            .marks
            .iter()
            .map(|mark| format!(r#"{{"system":"{TAG_SYSTEM}","code":"{mark}"}}"#));
        let tags = tags.collect::<Vec<_>>().join(",");
        let mut members = vec![
            format!(r#""resourceType":"{}""#, self.resource_type),
            r#""id":"x""#.to_owned(),
            format!(r#""meta":{{"tag":[{tags}]}}"#),
            format!(r#""contained":[{}]"#, self.contained.join(",")),
        ];
        members.extend(self.status.map(|status| format!(r#""status":"{status}""#)));
        members.extend(self.issued.map(|issued| format!(r#""issued":"{issued}""#)));
        let interpretation = self.interpretation.map(interpretation);
        members.extend(interpretation.map(|code| format!(r#""interpretation":[{code}]"#)));
        record(&format!("{{{}}}", members.join(","))).header
    }
}

fn interpretation(code: &str) -> String {
    format!(r#"{{"coding":[{{"code":"{code}"}}]}}"#)
}

fn contained(status: &str, more: &str) -> String {
    format!(r#"{{"resourceType":"Observation","id":"in","status":"{status}"{more}}}"#)
}

fn verdict(scene: &Scene, mode: ReleaseMode, hours: i64) -> Result<(), Withheld> {
    judge(&scene.header(), &rules(mode), HOLD, at(hours * HOUR))
}

fn shown(scene: &Scene, mode: ReleaseMode, hours: i64) -> bool {
    verdict(scene, mode, hours).is_ok()
}

fn extra(text: &str) -> Header {
    let text = format!(r#"{{"resourceType":"Observation","id":"x","status":"final",{text}}}"#);
    record(&text).header
}

#[test]
fn each_type_shows_its_own_statuses() {
    let results = ["final", "amended", "corrected"];
    for status in STATUSES {
        let expected = [
            ("Observation", results.contains(&status)),
            (
                "DiagnosticReport",
                results.contains(&status) || status == "appended",
            ),
            (
                "MedicationRequest",
                !matches!(status, "draft" | "entered-in-error"),
            ),
            ("Immunization", status != "entered-in-error"),
            ("Condition", status != "entered-in-error"),
        ];
        for (resource_type, expected) in expected {
            let scene = Scene::of(resource_type, status);
            let is_shown = shown(&scene, ReleaseMode::ByStatus, 0);
            assert_eq!(is_shown, expected, "{resource_type} {status}");
        }
    }
}

#[test]
fn a_result_without_a_status_is_hidden_and_a_problem_is_not() {
    for (resource_type, expected) in [
        ("Observation", Err(Withheld::Status)),
        ("DiagnosticReport", Err(Withheld::Status)),
        ("Condition", Ok(())),
        ("Patient", Ok(())),
    ] {
        let scene = Scene {
            resource_type,
            ..Scene::default()
        };
        assert_eq!(verdict(&scene, ReleaseMode::ByStatus, 0), expected);
    }
}

#[test]
fn verification_in_error_hides_whatever_the_rest_says() {
    for resource_type in ["Condition", "AllergyIntolerance"] {
        let text = |code: &str| {
            record(&format!(
                r#"{{"resourceType":"{resource_type}","id":"x","verificationStatus":{{"coding":[{{"code":"{code}"}}]}}}}"#
            ))
        };
        let rules = rules(ReleaseMode::ByStatus);
        let hidden = judge(&text("entered-in-error").header, &rules, HOLD, at(0));
        assert_eq!(hidden, Err(Withheld::EnteredInError));
        assert_eq!(
            judge(&text("confirmed").header, &rules, HOLD, at(0)),
            Ok(())
        );
    }
}

#[test]
fn a_marked_source_shows_only_what_is_marked_released() {
    for (marks, expected) in [
        (vec![], Err(Withheld::NotReleased)),
        (vec!["reviewed"], Err(Withheld::NotReleased)),
        (vec!["Released"], Err(Withheld::NotReleased)),
        (vec!["released"], Ok(())),
        (vec!["reviewed", "released"], Ok(())),
    ] {
        let scene = Scene::result(&marks, None);
        assert_eq!(
            verdict(&scene, ReleaseMode::Marked, 0),
            expected,
            "{marks:?}"
        );
        assert_eq!(verdict(&scene, ReleaseMode::ByStatus, 0), Ok(()));
    }
}

#[test]
fn a_mark_of_another_system_is_none() {
    for system in [r#""system":"urn:other","#, ""] {
        let header = extra(&format!(
            r#""meta":{{"tag":[{{{system}"code":"released"}}]}}"#
        ));
        let verdict = judge(&header, &rules(ReleaseMode::Marked), HOLD, at(0));
        assert_eq!(verdict, Err(Withheld::NotReleased));
    }
}

#[test]
fn a_mark_never_lifts_a_status() {
    let scene = Scene {
        marks: vec!["released", "reviewed", "critical-acknowledged"],
        ..Scene::of("Observation", "preliminary")
    };
    for mode in MODES {
        assert_eq!(verdict(&scene, mode, 1_000), Err(Withheld::Status));
    }
}

#[test]
fn a_critical_result_of_a_marked_source_waits_for_its_acknowledgement() {
    for code in ["AA", "HH", "LL"] {
        let waiting = Scene::result(&["released"], Some(code));
        assert_eq!(
            verdict(&waiting, ReleaseMode::Marked, 10_000),
            Err(Withheld::Critical)
        );
        let seen = Scene::result(&["released", "critical-acknowledged"], Some(code));
        assert_eq!(verdict(&seen, ReleaseMode::Marked, 0), Ok(()));
    }
    let tagged = Scene::result(&["released", "critical"], None);
    assert_eq!(
        verdict(&tagged, ReleaseMode::Marked, 0),
        Err(Withheld::Critical)
    );
    let merely_high = Scene::result(&["released"], Some("H"));
    assert_eq!(verdict(&merely_high, ReleaseMode::Marked, 0), Ok(()));
}

#[test]
fn a_critical_result_without_marks_waits_its_hold_after_issue() {
    let scene = Scene::result(&[], Some("HH"));
    for (hours, expected) in [
        (-1, Err(Withheld::Critical)),
        (71, Err(Withheld::Critical)),
        (73, Ok(())),
    ] {
        assert_eq!(
            verdict(&scene, ReleaseMode::ByStatus, hours),
            expected,
            "{hours}"
        );
    }
    let seen = Scene::result(&["critical-acknowledged"], Some("HH"));
    assert_eq!(verdict(&seen, ReleaseMode::ByStatus, 0), Ok(()));
}

#[test]
fn a_critical_result_without_a_time_of_issue_never_shows_by_time() {
    let scene = Scene {
        issued: None,
        ..Scene::result(&[], Some("LL"))
    };
    let verdict = verdict(&scene, ReleaseMode::ByStatus, 100_000);
    assert_eq!(verdict, Err(Withheld::Unreadable));
}

#[test]
fn what_cannot_be_read_about_a_result_hides_it() {
    for text in [
        r#""meta":{"tag":"released"}"#,
        r#""meta":{"security":[{"code":7}]}"#,
        r#""interpretation":"HH","category":7"#,
        r#""interpretation":7"#,
        r#""effectiveDateTime":"yesterday""#,
        r#""issued":"2026-01-01""#,
        r#""component":[{"interpretation":[{"coding":{"code":"HH"}}]}]"#,
    ] {
        let verdict = judge(&extra(text), &rules(ReleaseMode::ByStatus), HOLD, at(0));
        assert_eq!(verdict, Err(Withheld::Unreadable), "{text}");
    }
}

#[test]
fn a_critical_component_makes_the_whole_critical() {
    let header = extra(&format!(
        r#""issued":"{ISSUED}","component":[{{"interpretation":[{}]}}]"#,
        interpretation("LL")
    ));
    let verdict = judge(&header, &rules(ReleaseMode::ByStatus), HOLD, at(HOUR));
    assert_eq!(verdict, Err(Withheld::Critical));
}

#[test]
fn a_contained_result_that_is_not_shown_hides_its_container() {
    for (resource_type, status) in [
        ("Observation", "final"),
        ("DiagnosticReport", "final"),
        ("Condition", "active"),
    ] {
        for (inner, expected) in [
            ("preliminary", Err(Withheld::Status)),
            ("entered-in-error", Err(Withheld::EnteredInError)),
            ("final", Ok(())),
        ] {
            let scene = Scene {
                contained: vec![contained(inner, "")],
                ..Scene::of(resource_type, status)
            };
            let verdict = verdict(&scene, ReleaseMode::ByStatus, 0);
            assert_eq!(verdict, expected, "{resource_type} with {inner}");
        }
    }
}

#[test]
fn a_contained_critical_result_makes_its_container_wait() {
    let critical = format!(r#","interpretation":[{}]"#, interpretation("HH"));
    for (resource_type, status) in [
        ("Observation", "final"),
        ("DiagnosticReport", "final"),
        ("Condition", "active"),
    ] {
        let scene = |more: &str| Scene {
            marks: vec!["released"],
            contained: vec![contained("final", more)],
            ..Scene::of(resource_type, status)
        };
        let waiting = verdict(&scene(&critical), ReleaseMode::Marked, 0);
        assert_eq!(waiting, Err(Withheld::Critical), "{resource_type}");
        assert_eq!(verdict(&scene(""), ReleaseMode::Marked, 0), Ok(()));
    }
}

#[test]
fn a_contained_result_whose_labels_cannot_be_read_hides_its_container() {
    for resource_type in ["Observation", "DiagnosticReport", "Condition"] {
        let scene = Scene {
            contained: vec![contained("final", r#","interpretation":7"#)],
            ..Scene::of(resource_type, "final")
        };
        let verdict = verdict(&scene, ReleaseMode::ByStatus, 0);
        assert_eq!(verdict, Err(Withheld::Unreadable), "{resource_type}");
    }
}

#[test]
fn a_contained_result_whose_code_cannot_be_read_is_as_one_that_stands_alone() {
    let unreadable = r#","code":{"coding":"garbled"}"#;
    let report = Scene {
        contained: vec![contained("final", unreadable)],
        ..Scene::of("DiagnosticReport", "final")
    };
    assert_eq!(verdict(&report, ReleaseMode::ByStatus, 0), Ok(()));
}

#[test]
fn what_is_no_result_and_holds_none_waits_for_no_acknowledgement() {
    let practitioner = r#"{"resourceType":"Practitioner","id":"in"}"#.to_owned();
    for contained in [vec![], vec![practitioner]] {
        let scene = Scene {
            marks: vec!["released", "critical"],
            contained,
            ..Scene::of("Condition", "active")
        };
        for mode in MODES {
            assert_eq!(verdict(&scene, mode, 0), Ok(()), "{scene:?}");
        }
    }
}

#[test]
fn a_contained_result_that_is_marked_critical_makes_its_container_wait() {
    let tag = format!(r#","meta":{{"tag":[{{"system":"{TAG_SYSTEM}","code":"critical"}}]}}"#);
    let scene = Scene {
        marks: vec!["released"],
        contained: vec![contained("final", &tag)],
        ..Scene::of("DiagnosticReport", "final")
    };
    assert_eq!(
        verdict(&scene, ReleaseMode::Marked, 0),
        Err(Withheld::Critical)
    );
}

#[test]
fn what_cannot_be_read_of_anything_but_a_result_hides_nothing() {
    let medication = r#"{"resourceType":"Medication","id":"in","code":7}"#;
    for members in [
        r#""onsetDateTime":"yesterday""#.to_owned(),
        r#""category":7"#.to_owned(),
        r#""meta":{"security":[7]}"#.to_owned(),
        format!(r#""contained":[{medication}]"#),
    ] {
        let text = format!(r#"{{"resourceType":"Condition","id":"x",{members}}}"#);
        let header = record(&text).header;
        let verdict = judge(&header, &rules(ReleaseMode::ByStatus), HOLD, at(0));
        assert_eq!(verdict, Ok(()), "{members}");
    }
}
