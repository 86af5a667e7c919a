//! The canary: marked names, dates, codes, values and ids go in by every way there is, and come
//! out in honest answers only.

mod driven;
mod planted;
mod sinks;

use std::time::Duration;

use portal_tests::{PortalProcess, Servers, scene_alone};

use driven::{drive, drive_failures, drive_without_stores};
use planted::{hostile_source, plant, plant_foreign};
use sinks::{assert_answers, assert_clean, assert_sinks};

/// In every name, text and code of the record.
const TEXT: &str = "zyxqtext";
const BIRTH: &str = "1903-11-07";
const AMOUNT: &str = "8675309.25";
/// In every id of the record and of the person.
const IDENT: &str = "zyxqident";
/// In what callers send and the portal does not need.
const ASKED: &str = "zyxqasked";
/// In what a source says instead of a record.
const SAID: &str = "zyxqsaid";

const VALUES: [&str; 5] = [TEXT, BIRTH, AMOUNT, ASKED, SAID];
const EVERYTHING: [&str; 6] = [TEXT, BIRTH, AMOUNT, ASKED, SAID, IDENT];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_marked_is_in_honest_answers_and_nowhere_else() {
    let scene = async {
        let hostile = hostile_source().await;
        let servers = Servers::start("canary").await;
        let mut portal = PortalProcess::install("canary", servers).await;
        portal.set("LOG_LEVEL", "trace");
        portal.set("IMMUNIZATIONS_URL", &format!("{}/fhir", hostile.uri()));
        portal.start(&[]).await;
        let people = portal.people(&[IDENT; 9]).await;
        let (person, others) = people.split_first().expect("nine people");
        plant(&portal, person);
        plant_foreign(&portal, person);
        let mut answers = drive(&portal, person).await;
        drive_failures(&portal, others, &mut answers).await;
        drive_without_stores(&portal, person, &mut answers).await;
        assert!(answers.refusals() > 50, "much was refused");
        portal.published_once(Duration::from_secs(20)).await;
        assert_answers(&answers);
        assert_sinks(&portal, person).await;
        let service = portal.service.take().expect("it was started");
        service.signal("TERM");
        let ended = service.end(Duration::from_secs(30)).await;
        assert_clean("the last lines", ended.output().as_bytes(), &EVERYTHING);
    };
    scene_alone(Duration::from_mins(2), scene).await;
}
