//! The canary: marked names, dates, codes, values and ids go in by every way there is, and come
//! out in honest answers only.

mod acting;
mod driven;
mod planted;
mod sinks;

use std::time::Duration;

use portal_tests::{PortalProcess, Servers, scene_alone};

use acting::{Family, drive_acting, drive_apps, drive_tokens};
use driven::{drive, drive_failures, drive_without_stores};
use planted::{hostile_source, plant, plant_foreign};
use sinks::{assert_answers, assert_clean, assert_sinks};

/// In every name, text and code of the record.
const TEXT: &str = "zyxqtext";
const BIRTH: &str = "1903-11-07";
/// Of a child whose parent asks.
const CHILD_BIRTH: &str = "2021-11-07";
const AMOUNT: &str = "8675309.25";
/// In every id of the record and of the person.
const IDENT: &str = "zyxqident";
/// In what callers send and the portal does not need.
const ASKED: &str = "zyxqasked";
/// In `X-Acting-For` and `delegation_id`, where they name nobody's delegation.
const ACTED: &str = "zyxqacted";
/// In `sid` and `jti`.
const ENDED: &str = "zyxqended";
/// In what the tenant decides.
const REASON: &str = "zyxqreason";
/// In what a source says instead of a record.
const SAID: &str = "zyxqsaid";

const VALUES: [&str; 9] = [
    TEXT,
    BIRTH,
    CHILD_BIRTH,
    AMOUNT,
    ASKED,
    ACTED,
    ENDED,
    REASON,
    SAID,
];
const EVERYTHING: [&str; 10] = [
    TEXT,
    BIRTH,
    CHILD_BIRTH,
    AMOUNT,
    ASKED,
    ACTED,
    ENDED,
    REASON,
    SAID,
    IDENT,
];

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
        let family = Family::plant(&portal, person).await;
        let mut answers = drive(&portal, person).await;
        drive_acting(&portal, &family, &mut answers).await;
        drive_tokens(&portal, person, &mut answers).await;
        drive_apps(&portal, person, &mut answers).await;
        drive_failures(&portal, others, &mut answers).await;
        drive_without_stores(&portal, person, &mut answers).await;
        assert!(answers.refusals() > 50, "much was refused");
        portal.published_once(Duration::from_secs(20)).await;
        assert_answers(&answers);
        assert_sinks(&portal, &[person, &family.parent]).await;
        let service = portal.service.take().expect("it was started");
        service.signal("TERM");
        let ended = service.end(Duration::from_secs(30)).await;
        assert_clean("the last lines", ended.output().as_bytes(), &EVERYTHING);
    };
    scene_alone(Duration::from_mins(2), scene).await;
}
