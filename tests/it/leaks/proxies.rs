//! Delegations: what they open, and when they end.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, ToSpan as _};
use portal_application::ports::Clock as _;

use super::*;

const PROBLEMS: &str = "/v1/portal/chart/problems";
const INVALID: &str = "403 PROXY_DELEGATION_INVALID";
const NOT_OPEN: &str = "403 PROXY_SCOPE_DENIED";

struct Proxied {
    portal: TestPortal,
    ada: Person,
    ben: Person,
    carer: Person,
    delegation: String,
}

/// A caregiver who acts for Ada, with every right.
async fn proxied() -> Proxied {
    let Two { portal, ada, ben } = two().await;
    let carer = portal.caregiver("carer").await;
    let delegation = portal.delegate(&ada, &carer, &json!({})).await;
    Proxied {
        portal,
        ada,
        ben,
        carer,
        delegation,
    }
}

impl Proxied {
    async fn on_rest(&self, path: &str) -> Answer {
        self.portal
            .get_for(&self.carer, &self.delegation, path)
            .await
    }

    async fn on_fhir(&self, path: &str) -> Answer {
        let token = self.portal.launched(&self.carer, &self.ada);
        self.portal.get(Some(&token), path).await
    }

    /// Something that has a second page.
    fn two_problems(&self) {
        let second = Fixture::of(&self.ada.patient).condition("second", "second");
        self.portal.put(&self.ada.tenant, &second);
    }
}

#[tokio::test]
async fn k2_k45_the_next_page_is_refused_once_the_delegation_has_ended() {
    scene(async {
        let world = proxied().await;
        world.two_problems();
        let portal = &world.portal;
        let rest = world.on_rest(&format!("{PROBLEMS}?limit=1")).await;
        let rest = portal.path_of(&rest.next().expect("a second page"));
        let fhir = world.on_fhir("/fhir/R4/Condition?_count=1").await;
        let fhir = portal.path_of(&fhir.next().expect("a second page"));
        assert_eq!(ids(&world.on_rest(&rest).await).len(), 1);
        assert_eq!(ids(&world.on_fhir(&fhir).await).len(), 1);
        portal.end_delegation(&world.ada, &world.carer).await;
        assert_eq!(world.on_rest(&rest).await.verdict(), INVALID);
        assert_eq!(world.on_fhir(&fhir).await.verdict(), INVALID);
    })
    .await;
}

#[tokio::test]
async fn k45_a_cursor_is_good_for_its_own_delegation_and_a_quarter_of_an_hour() {
    scene(async {
        let world = proxied().await;
        world.two_problems();
        let portal = &world.portal;
        let first = world.on_rest(&format!("{PROBLEMS}?limit=1")).await;
        let next = portal.path_of(&first.next().expect("a second page"));
        let own = portal.get_as(&world.ada, &next).await;
        assert_eq!(own.verdict(), "400 CURSOR_INVALID", "the patient's own");
        let other = portal.caregiver("other").await;
        let delegation = portal.delegate(&world.ada, &other, &json!({})).await;
        let other = portal.get_for(&other, &delegation, &next).await;
        assert_eq!(other.verdict(), "400 CURSOR_INVALID", "another proxy's");
        assert_eq!(world.on_rest(&next).await.status, 200);
        portal.clock.advance(SignedDuration::from_mins(16));
        assert_eq!(world.on_rest(&next).await.verdict(), "400 CURSOR_INVALID");
    })
    .await;
}

#[tokio::test]
async fn k7_a_revocation_acts_on_the_next_answer_of_every_pod() {
    scene(async {
        let Two { portal, ada, .. } = two().await;
        let carer = portal.caregiver("carer").await;
        let pod = portal.another_pod().await;
        let token = portal.token(&carer);
        for _ in 0..5 {
            let delegation = portal.delegate(&ada, &carer, &json!({})).await;
            let acting = [("X-Acting-For", delegation.as_str())];
            let here = portal.get_token_with(&token, PROBLEMS, &acting).await;
            let there = portal.get_at(&pod, &token, PROBLEMS, &acting).await;
            assert_eq!((here.status, there.status), (200, 200));
            portal.end_delegation(&ada, &carer).await;
            let here = portal.get_token_with(&token, PROBLEMS, &acting).await;
            let there = portal.get_at(&pod, &token, PROBLEMS, &acting).await;
            assert_eq!(
                (here.verdict(), there.verdict()),
                (INVALID.into(), INVALID.into())
            );
        }
    })
    .await;
}

#[tokio::test]
async fn k8_a_delegation_ends_with_its_last_day_in_the_tenants_zone() {
    scene(async {
        let world = proxied().await;
        let portal = &world.portal;
        let zone = TimeZone::get("Asia/Kabul").expect("a zone");
        let now = portal.clock.now().to_zoned(zone);
        let last = now.date();
        let change = json!({"validTo": last.to_string()});
        portal.delegate(&world.ada, &world.carer, &change).await;
        let midnight = now
            .tomorrow()
            .and_then(|day| day.start_of_day())
            .expect("a next day");
        let left = now.duration_until(&midnight);
        portal.clock.advance(left - SignedDuration::from_secs(20));
        assert_eq!(
            world.on_rest(PROBLEMS).await.status,
            200,
            "its last seconds"
        );
        assert_eq!(world.on_fhir("/fhir/R4/Condition").await.status, 200);
        portal.clock.advance(SignedDuration::from_secs(21));
        assert_eq!(world.on_rest(PROBLEMS).await.verdict(), INVALID);
        assert_eq!(world.on_fhir("/fhir/R4/Condition").await.verdict(), INVALID);
        let tomorrow = last.checked_add(1.day()).expect("a next day");
        let change = json!({"validTo": tomorrow.to_string()});
        portal.delegate(&world.ada, &world.carer, &change).await;
        assert_eq!(world.on_rest(PROBLEMS).await.status, 200, "prolonged");
    })
    .await;
}

#[tokio::test]
async fn k22_two_delegations_do_not_widen_each_other() {
    scene(async {
        let world = proxied().await;
        let portal = &world.portal;
        let (ada, ben, carer) = (&world.ada, &world.ben, &world.carer);
        portal
            .delegate(ada, carer, &json!({"scope": ["labs"]}))
            .await;
        let of_ben = portal
            .delegate(ben, carer, &json!({"scope": ["problems"]}))
            .await;
        let (labs, problems) = ("/v1/portal/results/labs", PROBLEMS);
        let asked = [
            (&world.delegation, labs, "200"),
            (&world.delegation, problems, NOT_OPEN),
            (&of_ben, problems, "200"),
            (&of_ben, labs, NOT_OPEN),
        ];
        for (delegation, path, verdict) in asked {
            let answer = portal.get_for(carer, delegation, path).await;
            assert_eq!(answer.verdict(), verdict, "{path}");
            assert!(!String::from_utf8_lossy(&answer.body).contains("lab-ben"));
        }
        let both = [
            ("X-Acting-For", &*world.delegation),
            ("X-Acting-For", &*of_ben),
        ];
        assert_eq!(portal.get_with(carer, labs, &both).await.verdict(), INVALID);
        let swapped = json!({"patient": ada.patient, "delegation_id": of_ben});
        let token = portal.token_with(carer, &swapped);
        let answer = portal.get(Some(&token), "/fhir/R4/Condition").await;
        assert_eq!(answer.verdict(), INVALID);
    })
    .await;
}

#[tokio::test]
async fn k30_a_refusal_ends_with_its_reason() {
    scene(async {
        let Two { portal, ada, .. } = two().await;
        let carer = portal.caregiver("carer").await;
        let narrow = portal
            .delegate(&ada, &carer, &json!({"scope": ["labs"]}))
            .await;
        for _ in 0..3 {
            let refused = portal.get_for(&carer, &narrow, PROBLEMS).await;
            assert_eq!(refused.verdict(), NOT_OPEN);
            portal
                .delegate(&ada, &carer, &json!({"scope": ["problems"]}))
                .await;
            assert_eq!(portal.get_for(&carer, &narrow, PROBLEMS).await.status, 200);
            portal.set_status(&ada, "suspended").await;
            assert_eq!(
                portal.get_for(&carer, &narrow, PROBLEMS).await.verdict(),
                INVALID
            );
            portal.set_status(&ada, "active").await;
            assert_eq!(portal.get_for(&carer, &narrow, PROBLEMS).await.status, 200);
            portal
                .delegate(&ada, &carer, &json!({"scope": ["labs"]}))
                .await;
        }
    })
    .await;
}

#[tokio::test]
async fn k34_a_right_of_a_service_opens_no_records() {
    scene(async {
        let world = proxied().await;
        let portal = &world.portal;
        let services = [
            "refills",
            "appointments.manage",
            "messages",
            "export",
            "apps",
        ];
        portal
            .delegate(&world.ada, &world.carer, &json!({"scope": services}))
            .await;
        for path in [
            "/v1/portal/chart/medications",
            "/v1/portal/chart/summary",
            PROBLEMS,
        ] {
            assert_eq!(world.on_rest(path).await.verdict(), NOT_OPEN, "{path}");
        }
        let fhir = "/fhir/R4/MedicationRequest";
        assert_eq!(world.on_fhir(fhir).await.verdict(), NOT_OPEN);
        portal
            .delegate(&world.ada, &world.carer, &json!({"scope": ["medications"]}))
            .await;
        let honest = world.on_rest("/v1/portal/chart/medications").await;
        assert_eq!(ids(&honest), ["med.medication-ada"]);
        assert_eq!(ids(&world.on_fhir(fhir).await), ["med.medication-ada"]);
    })
    .await;
}
