//! A stranger who knows record number and birth date gets nothing (K9, K41).

use portal_tests::{Person, scene};
use serde_json::json;

use super::{Newcomer, portal, register, verify};

/// What the directory was asked since the calls were reset.
fn directory_calls(portal: &portal_tests::TestPortal) -> Vec<String> {
    let calls = portal.sandbox.calls("registration");
    calls.into_iter().map(|call| call.path_and_query).collect()
}

#[tokio::test]
async fn the_link_goes_to_the_contact_that_is_on_record_and_works_for_nobody_else() {
    scene(async {
        let portal = portal().await;
        let ada = Newcomer::of(&portal, "ada");
        let eve = Person::new(&portal.tenant, "eve");
        // Eve knows everything about Ada, and her own token even claims an address.
        assert_eq!(register(&portal, &eve, &ada.claim()).await.status, 202);
        let link = portal.delivered_to(&ada.email).await;
        // Ada gets it, and it is of no use: it was not she who registered.
        assert_eq!(
            verify(&portal, &ada.person, &link).await.verdict(),
            "400 LINK_EXPIRED"
        );
        // Nothing is blocked: Ada registers, and takes what is hers.
        register(&portal, &ada.person, &ada.claim()).await;
        let own = loop {
            let sent = portal.secrets_for(&ada.email);
            if sent.len() == 2 {
                break sent[1].clone();
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        };
        assert_eq!(verify(&portal, &ada.person, &own).await.status, 200);
        // Eve's link, had she seen it, died with that.
        assert_eq!(
            verify(&portal, &eve, &link).await.verdict(),
            "400 LINK_EXPIRED"
        );
    })
    .await;
}

#[tokio::test]
async fn everybody_is_answered_alike_and_asked_about_alike() {
    scene(async {
        let portal = portal().await;
        let known = Newcomer::of(&portal, "known");
        let holder = Newcomer::of(&portal, "holder");
        portal.admit(&holder.person).await;
        let mut wrong_date = known.claim();
        wrong_date["birthDate"] = json!("1984-03-22");
        let nobody = json!({"mrn": "MRN-NOBODY", "birthDate": "1984-03-21", "channel": "email"});
        let mut answers = Vec::new();
        for claim in [known.claim(), holder.claim(), wrong_date, nobody] {
            portal.sandbox.reset_calls();
            let asking = Person::new(&portal.tenant, "asking");
            let answer = register(&portal, &asking, &claim).await;
            let calls = loop {
                let calls = directory_calls(&portal);
                if !calls.is_empty() {
                    break calls;
                }
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            };
            answers.push((answer.verdict(), answer.body, calls));
        }
        assert!(
            answers.iter().all(|answer| *answer == answers[0]),
            "{answers:?}"
        );
        // Who has an account is told of the attempt; no link is made.
        assert!(portal.secrets_for(&holder.email).is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_contact_that_several_share_proves_nothing() {
    scene(async {
        let portal = portal().await;
        let ada = Newcomer::of(&portal, "ada");
        portal
            .sandbox
            .set_contact_shared(Some(&portal.tenant), &ada.email, true);
        portal.sandbox.reset_calls();
        register(&portal, &ada.person, &ada.claim()).await;
        while directory_calls(&portal).is_empty() {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        portal.settled_deliveries().await;
        assert!(portal.secrets_for(&ada.email).is_empty());
        // The twin: once it is hers alone, it is used.
        portal
            .sandbox
            .set_contact_shared(Some(&portal.tenant), &ada.email, false);
        register(&portal, &ada.person, &ada.claim()).await;
        portal.delivered_to(&ada.email).await;
    })
    .await;
}

#[tokio::test]
async fn two_who_hold_links_to_one_record_do_not_both_get_it() {
    scene(async {
        let portal = portal().await;
        let ada = Newcomer::of(&portal, "ada");
        let twin = Person::new(&portal.tenant, "twin");
        register(&portal, &ada.person, &ada.claim()).await;
        let first = portal.delivered_to(&ada.email).await;
        register(&portal, &twin, &ada.claim()).await;
        let second = loop {
            let sent = portal.secrets_for(&ada.email);
            if sent.len() == 2 {
                break sent[1].clone();
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        };
        let (one, other) = tokio::join!(
            verify(&portal, &ada.person, &first),
            verify(&portal, &twin, &second)
        );
        let mut verdicts = [one.verdict(), other.verdict()];
        verdicts.sort();
        assert_eq!(verdicts, ["200", "400 LINK_EXPIRED"]);
    })
    .await;
}
