//! Many hostile answers at a time do not take the pod's memory.

use std::time::{Duration, Instant};

use futures::future::join_all;
use portal_sandbox::{Fault, Mode};
use portal_tests::{Answer, Fixture, Person, PortalProcess, scene_alone};
use tokio::time::sleep;

use super::PROBLEMS;
use super::sources::on_the_runs_servers;

const MIB: f64 = 1_024.0 * 1_024.0;
const MOST: f64 = 256.0 * MIB;
const AFTERWARDS: f64 = 96.0 * MIB;
/// Bytes of a record, and records of a page of nearly 10 MiB.
const RECORD: usize = 64 * 1_024;
const RECORDS: usize = 155;

/// A path for each source that misbehaves.
const PATHS: [&str; 4] = [
    PROBLEMS,
    "/v1/portal/chart/medications",
    "/v1/portal/results/labs",
    "/v1/portal/chart/immunizations",
];

fn fill_to_the_brim(portal: &PortalProcess, person: &Person) {
    let of = Fixture::of(&person.patient);
    let text = "x".repeat(RECORD);
    for number in 0..RECORDS {
        portal.put(&of.condition(&format!("{}-{number}", person.patient), &text));
    }
    portal.put(&of.lab("glucose", "2024-01-01", "2345-7"));
}

/// The most memory that the service ever held (proc(5), `VmHWM`).
fn peak(portal: &PortalProcess) -> f64 {
    let pid = portal.service.as_ref().expect("it runs").pid();
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("it runs");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kibibytes =
        line.and_then(|line| line.trim().strip_suffix("kB")?.trim().parse::<f64>().ok());
    kibibytes.expect("Linux says so") * 1_024.0
}

async fn resident(portal: &PortalProcess) -> f64 {
    super::metric(portal, "process_resident_memory_bytes")
        .await
        .expect("the metric is there")
}

/// Everybody reads everything at once; how many reads were answered well.
async fn read_all(portal: &PortalProcess, tokens: &[String], paths: &[&str]) -> usize {
    let reads = tokens
        .iter()
        .flat_map(|token| paths.iter().map(move |path| (token, path)));
    let reads = reads.map(|(token, path)| portal.get(Some(token), path));
    let answers = join_all(reads).await;
    let known = |answer: &&Answer| [200, 502, 503, 504].contains(&answer.status);
    assert_eq!(answers.iter().filter(known).count(), answers.len());
    answers.iter().filter(|answer| answer.status == 200).count()
}

/// How long it takes is not looked at: a program that was not optimised inflates slowly.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_hostile_answers_at_a_time_stay_within_the_budget() {
    let scene = async {
        let portal = on_the_runs_servers("hostile").await;
        let people = portal.people(&["hostile"; 13]).await;
        for person in &people {
            fill_to_the_brim(&portal, person);
        }
        let tokens: Vec<String> = people.iter().map(|person| portal.token(person)).collect();
        // A page of nearly 10 MiB is read; not at once by a program that was not optimised.
        while read_all(&portal, &tokens[..1], &[PROBLEMS]).await == 0 {}
        let faults = [Mode::GzipBomb, Mode::SlowDrip, Mode::Oversize];
        for (source, mode) in ["medication", "laboratory", "immunizations"]
            .iter()
            .zip(faults)
        {
            portal.sandbox.set_fault(source, Fault::mode(mode));
        }
        for _ in 0..3 {
            read_all(&portal, &tokens, &PATHS).await;
        }
        let peak = peak(&portal);
        println!("peak {:.0} MiB", peak / MIB);
        assert!(peak < MOST, "{:.0} MiB", peak / MIB);
        let begin = Instant::now();
        while resident(&portal).await > AFTERWARDS {
            assert!(
                begin.elapsed() < Duration::from_secs(30),
                "it is given back"
            );
            sleep(Duration::from_millis(200)).await;
        }
    };
    scene_alone(Duration::from_mins(2), scene).await;
}
