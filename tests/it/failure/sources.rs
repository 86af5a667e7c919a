//! Sources that are down, slow, or say what is no answer.

use std::time::Duration;

use portal_sandbox::{Fault, Mode};
use portal_tests::{Person, PortalProcess, Servers, scene_alone};

use super::{SUMMARY, fill, timed};

/// Each source and a read that needs it alone.
const SOURCES: [(&str, &str); 5] = [
    ("registration", "/fhir/R4/Patient"),
    ("patient-chart", "/v1/portal/chart/problems"),
    ("laboratory", "/v1/portal/results/labs"),
    ("medication", "/v1/portal/chart/medications"),
    ("immunizations", "/v1/portal/chart/immunizations"),
];
pub(super) const UNAVAILABLE: &str = "503 UPSTREAM_UNAVAILABLE";
const TIMEOUT: &str = "504 UPSTREAM_TIMEOUT";
const INVALID: &str = "502 UPSTREAM_INVALID_RESPONSE";

pub(super) async fn on_the_runs_servers(name: &str) -> PortalProcess {
    let mut portal = PortalProcess::install(name, Servers::of_the_run().await).await;
    portal.start(&[]).await;
    portal
}

/// A fault by its name, and what a read that needs the source says.
struct Case {
    name: &'static str,
    fault: Fault,
    verdicts: &'static [&'static str],
}

fn cases() -> Vec<Case> {
    let of = |name, fault, verdicts| Case {
        name,
        fault,
        verdicts,
    };
    let mode = |name, mode, verdicts| of(name, Fault::mode(mode), verdicts);
    vec![
        of("down", Fault::status(503), &[UNAVAILABLE]),
        of("broken", Fault::status(500), &[UNAVAILABLE]),
        of("slow", Fault::latency(Duration::from_secs(5)), &[TIMEOUT]),
        mode("hang", Mode::Hang, &[TIMEOUT]),
        mode("slow drip", Mode::SlowDrip, &[TIMEOUT]),
        mode("garbage", Mode::Garbage, &[INVALID]),
        // Size or time ends it, whichever is first on a busy machine.
        mode("oversize", Mode::Oversize, &[INVALID, TIMEOUT]),
        mode("deep", Mode::Deep, &[INVALID]),
        mode("redirect", Mode::Redirect, &[INVALID]),
        mode("next elsewhere", Mode::NextElsewhere, &[INVALID]),
        mode("truncated", Mode::Truncated, &[INVALID]),
        mode("wrong content type", Mode::WrongContentType, &[INVALID]),
    ]
}

/// A source with a fault, asked for by somebody of whom nothing is cached.
async fn costs_its_own_part(
    portal: &PortalProcess,
    person: &Person,
    (source, own): (&str, &str),
    Case {
        name,
        fault,
        verdicts,
    }: &Case,
) {
    let case = format!("{source}: {name}");
    let token = portal.token(person);
    let (_, other) = SOURCES[if source == "medication" { 1 } else { 3 }];
    portal.sandbox.set_fault(source, fault.clone());
    let (refused, summary, unaffected) = tokio::join!(
        timed(portal, &token, own),
        timed(portal, &token, SUMMARY),
        timed(portal, &token, other)
    );
    portal.sandbox.clear_faults();
    // An answer in between, so that time-outs of several cases do not open the breaker.
    let recovered = timed(portal, &token, own).await;
    assert_eq!(recovered.status, 200, "{case}: {}", recovered.verdict());
    let verdict = refused.verdict();
    assert!(verdicts.contains(&verdict.as_str()), "{case}: {verdict}");
    assert_eq!(
        refused.status == 503,
        !refused.header("retry-after").is_empty(),
        "{case}"
    );
    assert_eq!(
        (unaffected.status, unaffected.header("x-portal-degraded")),
        (200, ""),
        "{case}"
    );
    assert_eq!(unaffected.resources().len(), 1, "{case}");
    assert_eq!(summary.status, 200, "{case}: {}", summary.verdict());
    let said = format!("{source};status=unavailable");
    let expected = if source == "laboratory" {
        ""
    } else {
        said.as_str()
    };
    assert_eq!(summary.header("x-portal-degraded"), expected, "{case}");
    let text = String::from_utf8_lossy(&summary.body);
    for part in ["patient-chart", "medication"] {
        assert_eq!(
            text.contains(&format!("Text of {part}")),
            part != source,
            "{case}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_source_that_fails_costs_its_own_part_of_the_page() {
    let scene = async {
        let portal = on_the_runs_servers("sources").await;
        let cases = cases();
        let people = portal
            .people(&vec!["patient"; cases.len() * SOURCES.len()])
            .await;
        let all = cases
            .iter()
            .flat_map(|case| SOURCES.map(|source| (source, case)));
        for (person, (source, case)) in people.iter().zip(all) {
            fill(&portal, person);
            costs_its_own_part(&portal, person, source, case).await;
        }
        let ada = portal.person("ada").await;
        fill(&portal, &ada);
        let token = portal.token(&ada);
        for (_, path) in SOURCES {
            assert_eq!(
                portal.get(Some(&token), path).await.status,
                200,
                "{path} recovers"
            );
        }
    };
    scene_alone(Duration::from_mins(2), scene).await;
}

/// To inflate takes a program that was not optimised longer than any source may, so what is looked
/// at here is the end of it and what it leaves behind.
#[tokio::test]
async fn a_bomb_is_not_inflated_beyond_a_page() {
    let scene = async {
        let portal = on_the_runs_servers("bomb").await;
        let ada = portal.person("ada").await;
        fill(&portal, &ada);
        let token = portal.token(&ada);
        portal
            .sandbox
            .set_fault("medication", Fault::mode(Mode::GzipBomb));
        for (path, verdicts) in [
            ("/v1/portal/chart/medications", &[INVALID, TIMEOUT][..]),
            (SUMMARY, &["200"]),
            ("/fhir/R4/MedicationRequest", &[INVALID, TIMEOUT]),
        ] {
            let answer = timed(&portal, &token, path).await;
            assert!(
                verdicts.contains(&answer.verdict().as_str()),
                "{path}: {}",
                answer.verdict()
            );
        }
        let problems = timed(&portal, &token, "/v1/portal/chart/problems").await;
        assert_eq!((problems.status, problems.resources().len()), (200, 1));
    };
    scene_alone(Duration::from_mins(1), scene).await;
}

#[tokio::test]
async fn a_source_without_an_end_is_cut_and_said() {
    let scene = async {
        let portal = on_the_runs_servers("cut").await;
        let people = portal.people(&["many", "twice", "foreign"]).await;
        let modes = [
            Mode::ManyPages,
            Mode::DuplicateMembers,
            Mode::ForeignEntries,
        ];
        for (person, mode) in people.iter().zip(modes) {
            fill(&portal, person);
            portal.sandbox.set_fault("laboratory", Fault::mode(mode));
            let labs = timed(&portal, &portal.token(person), "/v1/portal/results/labs").await;
            portal.sandbox.clear_faults();
            assert_eq!(labs.status, 200, "{mode:?}: {}", labs.verdict());
            let body = labs.json();
            assert_eq!(body["meta"]["incomplete"], true, "{mode:?}");
            let shown = usize::from(mode != Mode::DuplicateMembers);
            assert_eq!(
                body["data"].as_array().map(Vec::len),
                Some(shown),
                "{mode:?}"
            );
        }
        let metrics = portal.admin("/metrics").await;
        let text = String::from_utf8_lossy(&metrics.body).into_owned();
        assert!(text.contains("portal_compartment_violations_total{upstream=\"laboratory\"}"));
    };
    scene_alone(Duration::from_mins(1), scene).await;
}

#[tokio::test]
async fn a_summary_fails_only_when_every_source_does() {
    let scene = async {
        let portal = on_the_runs_servers("all").await;
        let people = portal.people(&["some", "none"]).await;
        for person in &people {
            fill(&portal, person);
        }
        for (source, _) in SOURCES
            .iter()
            .filter(|(source, _)| *source != "immunizations")
        {
            portal.sandbox.set_fault(source, Fault::status(503));
        }
        let some = portal.get(Some(&portal.token(&people[0])), SUMMARY).await;
        assert_eq!(some.status, 200, "{}", some.verdict());
        for source in ["registration", "patient-chart", "medication"] {
            let said = format!("{source};status=unavailable");
            assert!(some.header("x-portal-degraded").contains(&said), "{source}");
        }
        portal
            .sandbox
            .set_fault("immunizations", Fault::status(503));
        let none = portal.get(Some(&portal.token(&people[1])), SUMMARY).await;
        assert_eq!(none.verdict(), UNAVAILABLE);
        let me = portal
            .get(Some(&portal.token(&people[1])), "/v1/portal/me")
            .await;
        assert_eq!(
            me.status,
            200,
            "what the portal owns is there: {}",
            me.verdict()
        );
    };
    scene_alone(Duration::from_mins(1), scene).await;
}
