//! Two who hold links to one record open them: it becomes one's, and the other learns as much as
//! from a link that is too old.

use std::time::Duration;

use futures::join;
use jiff::SignedDuration;
use portal_tests::{Answer, Person, TestPortal, long_scene};
use serde_json::{Value, json};

use super::super::registrations::{Newcomer, portal, register, verify};
use super::{ROUNDS, pods, post_at};

const ME: &str = "/v1/portal/me";
pub(super) const VERIFY: &str = "/v1/portal/registrations/verify";

/// What a problem says, without what is of one request alone.
fn said(problem: &Answer) -> Value {
    let mut said = problem.json();
    let members = said.as_object_mut().expect("a problem");
    members.retain(|name, _| !["instance", "correlationId", "timestamp"].contains(&&**name));
    said
}

/// What is said of a link that is too old.
async fn said_of_an_old_link(portal: &TestPortal) -> Value {
    let late = Newcomer::of(portal, "late");
    let link = link_of(portal, &late.person, &late).await;
    portal.clock.advance(SignedDuration::from_hours(24));
    let answer = verify(portal, &late.person, &link).await;
    assert_eq!(answer.verdict(), "400 LINK_EXPIRED");
    said(&answer)
}

/// Somebody asks for a record; the link that its contact gets.
pub(super) async fn link_of(portal: &TestPortal, person: &Person, of: &Newcomer) -> String {
    let before = portal.secrets_for(&of.email).len();
    assert_eq!(register(portal, person, &of.claim()).await.status, 202);
    loop {
        if let Some(link) = portal.secrets_for(&of.email).get(before) {
            return link.clone();
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// A token that names no patient yet.
pub(super) fn unlinked(portal: &TestPortal, person: &Person) -> String {
    portal.token_with(person, &json!({"patient": null}))
}

/// A record of which the portal knows already in every other round.
async fn record(portal: &TestPortal, round: usize) -> Newcomer {
    let record = Newcomer::of(portal, &format!("ada-{round}"));
    if (round / 2).is_multiple_of(2) {
        let line = json!({"patientId": record.person.patient});
        let service = portal.staff("service");
        let made = portal.staff_bulk(&service, "accounts/bulk", &[line]).await;
        assert_eq!(made[0]["outcome"], "created");
    }
    record
}

/// One account of one person, made and activated once; the other is nobody.
async fn assert_is_of_one(portal: &TestPortal, patient: &str, [holder, other]: [&Person; 2]) {
    let rows = portal.rows_as_text("portal_accounts").await;
    let accounts: Vec<&str> = rows.lines().filter(|row| row.contains(patient)).collect();
    assert_eq!(accounts.len(), 1);
    assert!(accounts[0].contains(&holder.subject));
    assert!(!rows.contains(&other.subject));
    let told = portal.stored_events(patient).await;
    let expected = ["portal.account.created.v1", "portal.account.activated.v1"];
    assert_eq!(told, expected);
    let me = portal.get(Some(&unlinked(portal, holder)), ME).await;
    assert_eq!(me.json()["status"], "active");
    let nobody = portal.get(Some(&unlinked(portal, other)), ME).await;
    assert_eq!(nobody.verdict(), "403 ACCOUNT_NOT_LINKED");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_links_to_one_record_one_opens_it() {
    let rounds = async {
        let portal = portal().await;
        let pod = portal.another_pod().await;
        let too_old = said_of_an_old_link(&portal).await;
        for round in 0..ROUNDS {
            // What comes from one address is counted by the hour.
            if round.is_multiple_of(10) {
                portal.clock.advance(SignedDuration::from_hours(1));
            }
            let record = record(&portal, round).await;
            let (ada, twin) = (&record.person, &Person::new(&portal.tenant, "twin"));
            let of_ada = json!({"token": link_of(&portal, ada, &record).await});
            let of_twin = json!({"token": link_of(&portal, twin, &record).await});
            let tokens = [ada, twin].map(|person| unlinked(&portal, person));
            let [here, there] = pods(&portal, &pod, round);
            let (one, other) = join!(
                post_at(&portal, here, &tokens[0], VERIFY, &of_ada),
                post_at(&portal, there, &tokens[1], VERIFY, &of_twin)
            );
            let (people, refused) = match (one.status, other.status) {
                (200, 400) => ([ada, twin], other),
                (400, 200) => ([twin, ada], one),
                _ => panic!("round {round}: {} {}", one.verdict(), other.verdict()),
            };
            assert_eq!(said(&refused), too_old, "round {round}");
            assert_is_of_one(&portal, &ada.patient, people).await;
        }
    };
    long_scene(Duration::from_mins(3), rounds).await;
}
