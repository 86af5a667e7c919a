//! F-16: whichever sources are down, exactly their parts are missing, and said.

use std::collections::BTreeSet;

use futures::future::join_all;
use portal_domain::source::Source;
use portal_sandbox::{Fault, Mode};
use portal_tests::{Answer, Fixture, Person, Pod, TestPortal, long_scene};

use crate::generated::random::Random;

/// A read, and for each of its sources what of that source it shows.
struct Read {
    path: &'static str,
    parts: &'static [(&'static str, &'static str)],
}

const READS: [Read; 15] = {
    const fn read(path: &'static str, parts: &'static [(&'static str, &'static str)]) -> Read {
        Read { path, parts }
    }
    [
        read(
            "/v1/portal/chart/summary",
            &[
                ("registration", "Lovelace"),
                ("patient-chart", "Asthma"),
                ("medication", "Salbutamol"),
                ("immunizations", "Influenza"),
            ],
        ),
        read("/fhir/R4/Patient", &[("registration", "Lovelace")]),
        read("/v1/portal/chart/problems", &[("patient-chart", "Asthma")]),
        read("/v1/portal/chart/allergies", &[("patient-chart", "Eggs")]),
        read(
            "/v1/portal/chart/medications",
            &[("medication", "Salbutamol")],
        ),
        read(
            "/v1/portal/chart/immunizations",
            &[("immunizations", "Influenza")],
        ),
        read("/v1/portal/results/labs", &[("laboratory", "2345-7")]),
        read(
            "/fhir/R4/DiagnosticReport",
            &[("laboratory", "Panel"), ("radiology", "Clear")],
        ),
        read("/v1/portal/results/radiology", &[("radiology", "Clear")]),
        read("/v1/portal/coverage", &[("claims", "Insurer")]),
        read("/v1/portal/appointments", &[("scheduling", "Check-up")]),
        read("/v1/portal/chart/documents", &[("documents", "text/plain")]),
        read("/fhir/R4/Communication", &[("communication", "308335008")]),
        read(
            "/v1/portal/chart/timeline?limit=100",
            &[
                ("patient-chart", "Asthma"),
                ("laboratory", "Panel"),
                ("radiology", "Chest"),
                ("medication", "Salbutamol"),
                ("immunizations", "Influenza"),
                ("scheduling", "Check-up"),
                ("claims", "clm.coverage"),
                ("documents", "doc.document"),
                ("communication", "com.message"),
            ],
        ),
        read(
            "/fhir/R4/Observation",
            &[("patient-chart", "8867-4"), ("laboratory", "2345-7")],
        ),
    ]
};

/// A part that the summary is about, and has no section for: that it is missing, the header says.
const HAS_NO_SECTION: (&str, &str) = ("registration", "Lovelace");

/// Faults of a source that is down. It is not asked any more after some of them.
const DOWN: [(u16, Mode); 2] = [(503, Mode::None), (500, Mode::None)];
/// Faults of a source that answers nothing of use, but is there. It is always asked again.
const OF_NO_USE: [(u16, Mode); 4] = [
    (404, Mode::None),
    (401, Mode::None),
    (0, Mode::Garbage),
    (0, Mode::WrongContentType),
];

fn fault((status, mode): (u16, Mode)) -> Fault {
    match mode {
        Mode::None => Fault::status(status),
        mode => Fault::mode(mode),
    }
}

type Subset = BTreeSet<&'static str>;

fn check(down: &Subset, read: &Read, answer: &Answer) {
    let case = format!("{} without {down:?}: {}", read.path, answer.verdict());
    let (missing, there): (Vec<_>, Vec<_>) = read
        .parts
        .iter()
        .partition(|(source, _)| down.contains(source));
    if there.is_empty() {
        assert!([502, 503].contains(&answer.status), "{case}");
        return;
    }
    assert_eq!(answer.status, 200, "{case}");
    let said: BTreeSet<String> = missing
        .iter()
        .map(|(source, _)| format!("{source};status=unavailable"))
        .collect();
    let degraded = answer.header("x-portal-degraded").split(", ");
    let degraded: BTreeSet<String> = degraded
        .filter(|item| !item.is_empty())
        .map(str::to_owned)
        .collect();
    assert_eq!(degraded, said, "{case}");
    let in_body = missing.iter().any(|part| *part != HAS_NO_SECTION);
    assert_eq!(answer.says("unavailable"), in_body, "{case}");
    for (_, text) in there {
        assert!(answer.says(text), "{case}: {text}");
    }
    for (_, text) in missing {
        assert!(!answer.says(text), "{case}: {text}");
    }
}

/// Everything is read by somebody of whom nothing is cached.
async fn all_reads(portal: &TestPortal, pod: &Pod, down: &Subset) {
    let ada = Person::new(&portal.tenant, "ada");
    portal.put(&ada.tenant, &Fixture::of(&ada.patient).patient("Lovelace"));
    portal.admit(&ada).await;
    portal.put_everything(&ada, "ada");
    let of = Fixture::of(&ada.patient);
    portal.put(&ada.tenant, &of.radiology_report("chest"));
    for (kind, id) in [
        ("Coverage", "coverage"),
        ("Appointment", "visit"),
        ("DocumentReference", "document"),
        ("Communication", "message"),
    ] {
        portal.put(&ada.tenant, &of.record(kind, id));
    }
    let token = portal.token(&ada);
    let reads = READS.iter().map(|read| async {
        let answer = portal.get_at(pod, &token, read.path, &[]).await;
        check(down, read, &answer);
    });
    join_all(reads).await;
}

fn set_faults(portal: &TestPortal, down: &Subset, faults: &[(u16, Mode)], first: usize) {
    portal.sandbox.clear_faults();
    for (source, number) in down.iter().zip(first..) {
        let chosen = faults[number % faults.len()];
        portal.sandbox.set_fault(source, fault(chosen));
    }
}

fn names() -> Vec<&'static str> {
    Source::ALL.iter().map(|source| source.as_str()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_sources_that_are_down_take_no_other_along() {
    long_scene(std::time::Duration::from_mins(2), async {
        let portal = TestPortal::start().await;
        let names = names();
        let pairs = names.iter().enumerate().flat_map(|(first, one)| {
            names[first..]
                .iter()
                .map(move |other| Subset::from([*one, *other]))
        });
        for (number, down) in pairs.enumerate() {
            // A pod that knows nothing of the pair before.
            let pod = portal.another_pod().await;
            set_faults(&portal, &down, &DOWN, number);
            all_reads(&portal, &pod, &down).await;
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn any_subset_of_the_sources_may_be_down() {
    long_scene(std::time::Duration::from_mins(3), async {
        let portal = TestPortal::start().await;
        let pod = portal.another_pod().await;
        let (mut random, names) = (Random::new(16), names());
        let extremes = [Subset::new(), names.iter().copied().collect()];
        let random = (0..200).map(|_| random.some(&names, 50));
        for (number, down) in extremes.into_iter().chain(random).enumerate() {
            set_faults(&portal, &down, &OF_NO_USE, number);
            all_reads(&portal, &pod, &down).await;
        }
    })
    .await;
}
