//! PostgreSQL without room on its disk (F-14).

use std::collections::BTreeSet;
use std::time::Duration;

use portal_tests::{PortalProcess, Servers, scene_alone};
use tokio::time::sleep;

use super::{PROBLEMS, fill};

const STORE: &str = "503 STORE_UNAVAILABLE";
/// Rows fit into pages that are there already, for a while.
const PAGES_ARE_FULL_AFTER: usize = 3_000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_room_for_the_journal_nothing_is_shown_and_nothing_is_lost() {
    let scene = async {
        let servers = Servers::start_on_disk("disk", "160m").await;
        let mut portal = PortalProcess::install("disk", servers).await;
        portal.start(&[]).await;
        let ada = portal.person("ada").await;
        fill(&portal, &ada);
        let token = portal.token(&ada);
        let mut answered = BTreeSet::new();

        portal.servers.fill_disk();
        let mut refused = None;
        for _ in 0..PAGES_ARE_FULL_AFTER {
            let answer = portal.get(Some(&token), PROBLEMS).await;
            if answer.status != 200 {
                refused = Some(answer);
                break;
            }
            answered.insert(answer.header("x-request-id").to_owned());
        }
        let refused = refused.expect("the disk is full");
        assert_eq!(refused.verdict(), STORE);
        assert!(!refused.header("retry-after").is_empty());
        assert_eq!(refused.resources().len(), 0);
        assert_eq!(portal.get(None, "/health/live").await.status, 200);

        portal.servers.free_disk();
        loop {
            let answer = portal.get(Some(&token), PROBLEMS).await;
            if answer.status == 200 {
                answered.insert(answer.header("x-request-id").to_owned());
                break;
            }
            assert_eq!(answer.verdict(), STORE);
            sleep(Duration::from_millis(50)).await;
        }
        assert!(portal.is_ready().await);
        let recorded: BTreeSet<_> = portal.recorded_successes().await.into_iter().collect();
        assert!(answered.is_subset(&recorded), "answered without an event");
        let published = portal.published_once(Duration::from_secs(30)).await;
        assert!(published.len() >= answered.len());
    };
    scene_alone(Duration::from_mins(2), scene).await;
}
