//! Budgets of points: what each request costs, who pays, and that all pods count together.

use std::time::{Duration, Instant};

use futures::future::join_all;
use jiff::SignedDuration;
use portal_tests::{Answer, Person, TestOptions, TestPortal, scene};
use serde_json::json;
use tokio::net::TcpListener;

const ME: &str = "/v1/portal/me";
const SUMMARY: &str = "/v1/portal/chart/summary";
const VITALS: &str = "/v1/portal/chart/vitals";
const CONDITIONS: &str = "/fhir/R4/Condition";
const LIMITED: &str = "429 RATE_LIMITED";

async fn portal_of(account: u32, address: u32) -> TestPortal {
    let settings = [
        ("RATE_LIMIT_ACCOUNT", account.to_string()),
        ("RATE_LIMIT_ADDRESS", address.to_string()),
        ("TRUSTED_PROXIES", "127.0.0.0/8".to_owned()),
    ];
    let portal = TestPortal::with(TestOptions {
        settings: settings
            .map(|(name, value)| (name.to_owned(), value))
            .to_vec(),
        ..TestOptions::default()
    })
    .await;
    // No window ends before the scene says so.
    portal.clock.stand_at(portal.now());
    portal
}

/// A member of a budget's item in a header such as `"account";r=29;t=60`.
fn member(answer: &Answer, header: &str, (budget, name): (&str, &str)) -> Option<u64> {
    let text = answer.header(header);
    let item = text
        .split(", ")
        .find_map(|item| item.strip_prefix(&format!("\"{budget}\";")))?;
    let value = item
        .split(';')
        .find_map(|part| part.strip_prefix(&format!("{name}=")))?;
    value.parse().ok()
}

fn left(answer: &Answer, budget: &str) -> Option<u64> {
    member(answer, "ratelimit", (budget, "r"))
}

/// Asks as somebody at an address.
async fn from(portal: &TestPortal, address: &str, token: &str, path: &str) -> Answer {
    let headers = [("X-Forwarded-For", address)];
    portal.get_token_with(token, path, &headers).await
}

#[tokio::test]
async fn each_request_costs_its_points_until_there_are_none() {
    scene(async {
        let portal = portal_of(30, 1_000).await;
        let ada = portal.person("ada").await;
        let read = portal.get_as(&ada, ME).await;
        assert_eq!(read.status, 200);
        assert_eq!(
            read.header("ratelimit-policy"),
            r#""address";q=1000;w=60, "account";q=30;w=60"#
        );
        assert_eq!(
            (left(&read, "address"), left(&read, "account")),
            (Some(999), Some(29))
        );
        let summary = portal.get_as(&ada, SUMMARY).await;
        assert_eq!((summary.status, left(&summary, "account")), (200, Some(24)));
        let fhir = portal.get_as(&ada, CONDITIONS).await;
        assert_eq!((fhir.status, left(&fhir, "account")), (200, Some(23)));
        let form = portal
            .post_form(&ada, "/fhir/R4/Condition/_search", &[])
            .await;
        assert_eq!((form.status, left(&form, "account")), (200, Some(22)));
        let change = json!({"preferredLanguage": "en"});
        for expected in [12, 2] {
            let token = portal.writing_token(&ada);
            let written = portal.send_json(("PATCH", ME), &token, &[], &change).await;
            assert_eq!(
                (written.status, left(&written, "account")),
                (200, Some(expected))
            );
        }
        // Two points are no five, but two reads.
        assert_eq!(portal.get_as(&ada, SUMMARY).await.verdict(), LIMITED);
        for expected in [1, 0] {
            assert_eq!(
                left(&portal.get_as(&ada, ME).await, "account"),
                Some(expected)
            );
        }
        let refused = portal.get_as(&ada, ME).await;
        assert_eq!(refused.verdict(), LIMITED);
        assert_eq!(refused.header("content-type"), "application/problem+json");
        let reset = member(&refused, "ratelimit", ("account", "t")).expect("a time");
        assert_eq!(refused.header("retry-after"), reset.to_string());
        assert!((1..=60).contains(&reset), "{reset}");
        let fhir = portal.get_as(&ada, CONDITIONS).await;
        assert_eq!(fhir.json()["resourceType"], "OperationOutcome");
        assert_eq!((fhir.status, fhir.code().as_str()), (429, "RATE_LIMITED"));
        portal
            .clock
            .advance(SignedDuration::from_secs(reset.cast_signed() - 1));
        assert_eq!(portal.get_as(&ada, ME).await.verdict(), LIMITED);
        portal.clock.advance(SignedDuration::from_secs(1));
        let again = portal.get_as(&ada, ME).await;
        assert_eq!((again.status, left(&again, "account")), (200, Some(29)));
    })
    .await;
}

#[tokio::test]
async fn everybody_has_a_budget_of_their_own() {
    scene(async {
        let portal = portal_of(3, 1_000).await;
        let ada = portal.person("ada").await;
        let foreign = portal.tenant("foreign", true).await;
        let namesake = Person {
            tenant: foreign.clone(),
            ..portal.person_of(&foreign, "ada").await
        };
        for _ in 0..3 {
            assert_eq!(portal.get_as(&ada, ME).await.status, 200);
        }
        assert_eq!(portal.get_as(&ada, ME).await.verdict(), LIMITED);
        let mobile = portal.token_with(&ada, &json!({"azp": "portal-mobile"}));
        assert_eq!(portal.get(Some(&mobile), ME).await.verdict(), LIMITED);
        for person in [&portal.person("ben").await, &namesake] {
            assert_eq!(left(&portal.get_as(person, ME).await, "account"), Some(2));
        }
    })
    .await;
}

#[tokio::test]
async fn who_is_refused_for_another_reason_pays_at_the_address_alone() {
    scene(async {
        let portal = portal_of(2, 1_000).await;
        let ada = portal.person("ada").await;
        let narrow = portal.token_with(&ada, &json!({"scope": "patient/Patient.read"}));
        for _ in 0..5 {
            let refused = portal.get(Some(&narrow), VITALS).await;
            assert_eq!(refused.verdict(), "403 INSUFFICIENT_SCOPE");
            assert_eq!(left(&refused, "account"), None);
            assert!(left(&refused, "address").is_some());
        }
        // The budget is asked before the input is looked at.
        for expected in ["400 UNKNOWN_PARAMETER", "400 UNKNOWN_PARAMETER", LIMITED] {
            let path = format!("{VITALS}?nonsense=1");
            assert_eq!(portal.get_as(&ada, &path).await.verdict(), expected);
        }
    })
    .await;
}

#[tokio::test]
async fn an_address_is_limited_before_anybody_asks_who_calls() {
    scene(async {
        let portal = portal_of(1_000, 10).await;
        let ada = portal.person("ada").await;
        let token = portal.token(&ada);
        let (home, other) = ("203.0.113.9", "203.0.113.10");
        for n in 0..10_u64 {
            let answer = from(&portal, home, "nobody.believes.this", ME).await;
            assert_eq!(
                (answer.status, left(&answer, "address")),
                (401, Some(9 - n))
            );
        }
        for token in ["nobody.believes.this", token.as_str()] {
            let refused = from(&portal, home, token, ME).await;
            assert_eq!(refused.verdict(), LIMITED);
            assert!(!refused.header("retry-after").is_empty());
        }
        let nowhere = portal.send("/nowhere", &[("X-Forwarded-For", home)]).await;
        assert_eq!(nowhere.verdict(), LIMITED);
        let health = portal
            .send("/health/live", &[("X-Forwarded-For", home)])
            .await;
        assert_eq!(health.status, 200, "health is nobody's budget");
        assert_eq!(from(&portal, other, &token, ME).await.status, 200);
        // What the client itself wrote in front of the proxy's word is not believed.
        let forged = format!("198.51.100.1, {home}");
        assert_eq!(from(&portal, &forged, &token, ME).await.verdict(), LIMITED);
        // Of IPv6 a customer has a whole network.
        for n in 0..10 {
            let address = format!("2001:db8:1:2::{n}");
            assert_eq!(from(&portal, &address, &token, ME).await.status, 200);
        }
        let refused = from(&portal, "2001:db8:1:2:ffff::1", &token, ME).await;
        assert_eq!(refused.verdict(), LIMITED);
        assert_eq!(
            from(&portal, "2001:db8:1:3::1", &token, ME).await.status,
            200
        );
    })
    .await;
}

#[tokio::test]
async fn pods_count_together() {
    scene(async {
        let portal = portal_of(20, 1_000).await;
        let other = portal.another_pod().await;
        let ada = portal.person("ada").await;
        let token = portal.token(&ada);
        let here = async || portal.get(Some(&token), ME).await;
        let there = async || portal.get_at(&other, &token, ME, &[]).await;
        for n in 0..8 {
            assert_eq!(left(&here().await, "account"), Some(19 - n));
        }
        for n in 0..10 {
            let answer = there().await;
            assert_eq!(answer.status, 200);
            if n >= 2 {
                assert_eq!(
                    left(&answer, "account"),
                    Some(11 - n),
                    "it has heard of the others"
                );
            }
        }
        assert_eq!((here().await.status, there().await.status), (200, 200));
        assert_eq!(
            (
                here().await.verdict().as_str(),
                there().await.verdict().as_str()
            ),
            (LIMITED, LIMITED)
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_at_once_at_two_pods_get_no_more_than_there_is() {
    scene(async {
        let portal = portal_of(60, 10_000).await;
        let other = portal.another_pod().await;
        let ada = portal.person("ada").await;
        let token = portal.token(&ada);
        let (first, second) = tokio::join!(
            join_all((0..100).map(|_| portal.get(Some(&token), ME))),
            join_all((0..100).map(|_| portal.get_at(&other, &token, ME, &[]))),
        );
        let all: Vec<_> = first.into_iter().chain(second).collect();
        let admitted = all.iter().filter(|answer| answer.status == 200).count();
        let refused = all.iter().filter(|answer| answer.status == 429).count();
        assert_eq!(admitted + refused, 200);
        // Each alone would let 60 through. Of one budget two pods may take a sixteenth each too
        // much, and refuse what is just being given back.
        assert!((45..=68).contains(&admitted), "{admitted} admitted");
        assert_eq!(portal.get(Some(&token), SUMMARY).await.verdict(), LIMITED);
    })
    .await;
}

#[tokio::test]
async fn without_redis_each_pod_counts_alone_and_nobody_waits() {
    scene(async {
        let portal = portal_of(10, 1_000).await;
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let nowhere = ("REDIS_URL", "redis://127.0.0.1:1".to_owned());
        let alone = portal.another_pod_with(listener, &[nowhere]).await;
        let ada = portal.person("ada").await;
        let token = portal.token(&ada);
        let begin = Instant::now();
        for n in 0..10_u64 {
            let answer = portal.get_at(&alone, &token, ME, &[]).await;
            assert_eq!(
                (answer.status, left(&answer, "account")),
                (200, Some(9 - n))
            );
        }
        let refused = portal.get_at(&alone, &token, ME, &[]).await;
        assert_eq!(refused.verdict(), LIMITED);
        let took = begin.elapsed();
        assert!(took < Duration::from_secs(5), "{took:?}");
        assert_eq!(left(&portal.get_as(&ada, ME).await, "account"), Some(9));
    })
    .await;
}

#[tokio::test]
async fn staff_and_sources_have_no_budget() {
    scene(async {
        let portal = portal_of(1, 1).await;
        let support = portal.staff("portal-support");
        for _ in 0..3 {
            let answer = portal.staff_get(&support, "accounts").await;
            assert_eq!((answer.status, answer.header("ratelimit")), (200, ""));
        }
    })
    .await;
}
