//! One deployment with a source for each kind of record, and one whose only source is a HAPI FHIR
//! server (`FHIR_URL`), over the same records: both show the same, and what the files say. Run by
//! `make single-source`, which starts that server and lets two validators judge what was served.

mod comparison;
mod content;
mod dates;
mod deployment;
mod fhir_server;
mod parameters;
mod plain;
mod records;
mod references;
mod searches;
mod sections;
mod served;
mod walk;

use std::time::Duration;

use portal_tests::long_scene;

use comparison::Comparison;
use deployment::Deployment;
use records::Records;
use served::Served;

const WITHIN: Duration = Duration::from_mins(10);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_synthea_people_are_shown_the_same_by_either_deployment() {
    if let Some(records) = Records::synthea() {
        long_scene(WITHIN, Box::pin(compare(records))).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_generated_people_are_shown_the_same_by_either_deployment() {
    long_scene(WITHIN, async {
        Box::pin(compare(Records::generated().await)).await;
    })
    .await;
}

async fn compare(records: Records) {
    let separate = Deployment::with_separate_sources(&records).await;
    let single = Deployment::with_a_single_source(&records).await;
    let mut comparison = Comparison::default();
    for pair in separate.people.iter().zip(&single.people) {
        let pair = (separate.seen_by(pair.0), single.seen_by(pair.1));
        searches::compare(&records, &pair, &mut comparison).await;
        parameters::compare(&records, &pair, &mut comparison).await;
        sections::compare(&records, &pair, &mut comparison).await;
        references::compare(&pair, &mut comparison).await;
    }
    let mut served = Served::of(&records);
    for deployment in [&separate, &single] {
        served.keep(deployment).await;
    }
    served.keep_degraded(&separate).await;
    served.write();
    comparison.conclude(records.name);
}
