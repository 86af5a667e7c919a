//! Sources that say over HTTP that records have changed: only a secret is believed, and only about
//! its own tenant and source; of the body nothing but whom it is about.

use std::time::{Duration, Instant};

use portal_tests::{Answer, Fixture, Person, Servers, TestOptions, TestPortal, long_scene, scene};
use reqwest::Method;
use serde_json::{Value, json};

const CHART: &str = "0123456789abcdef0123456789abcdef-chart";
const NEXT: &str = "0123456789abcdef0123456789abcdef-next";
const FOREIGN: &str = "0123456789abcdef0123456789abcdef-foreign";
const WHOLE: &str = "0123456789abcdef0123456789abcdef-whole";
const HOOK: &str = "hooks/fhir";
const FHIR: &str = "application/fhir+json";
const CONDITIONS: &str = "/fhir/R4/Condition";
const SHOTS: &str = "/fhir/R4/Immunization";

/// A portal whose first tenant has a hook of the chart and one of all sources, as has the second.
async fn portal_with(more: Vec<(String, String)>) -> TestPortal {
    let unique = ulid::Ulid::new().to_string().to_lowercase();
    let (own, foreign) = (format!("hooks-{unique}"), format!("other-{unique}"));
    let hooks = format!(
        "{own}:patient-chart:{CHART},{own}:patient-chart:{NEXT},{own}:*:{WHOLE},\
         {foreign}:patient-chart:{FOREIGN}"
    );
    let mut settings = vec![
        ("FHIR_HOOKS".to_owned(), hooks),
        (
            "ENTITLEMENTS_STATIC".to_owned(),
            format!("{own}=ehr.portal,ehr.claims,communication;{foreign}=ehr.portal,ehr.claims"),
        ),
    ];
    settings.extend(more);
    let mut portal = TestPortal::with(TestOptions {
        settings,
        ..TestOptions::default()
    })
    .await;
    portal.admit_tenant(&own).await;
    portal.tenant = own;
    portal
}

async fn send(portal: &TestPortal, secret: &str, body: Option<(&str, String)>) -> Answer {
    portal.internal(secret, (Method::POST, HOOK), body).await
}

fn about(person: &Person) -> (&'static str, String) {
    let condition = Fixture::of(&person.patient).condition("sent", "Sent");
    (FHIR, condition.to_string())
}

async fn shown(portal: &TestPortal, person: &Person, path: &str) -> usize {
    let answer = portal.get_as(person, path).await;
    assert_eq!(answer.status, 200, "{path}");
    answer.resources().len()
}

/// Whether a read goes to a source.
async fn is_read_anew(portal: &TestPortal, person: &Person, path: &str) -> bool {
    portal.sandbox.reset_calls();
    shown(portal, person, path).await;
    let calls = |source| portal.sandbox.calls(source).len();
    calls("patient-chart") + calls("immunizations") > 0
}

async fn cache(portal: &TestPortal, person: &Person) {
    for path in [CONDITIONS, SHOTS] {
        shown(portal, person, path).await;
        assert!(
            !is_read_anew(portal, person, path).await,
            "{path} is cached"
        );
    }
}

#[tokio::test]
async fn a_secret_has_the_records_of_its_own_source_read_anew() {
    scene(async {
        let portal = portal_with(vec![]).await;
        let (ada, ben) = (portal.person("ada").await, portal.person("ben").await);
        for (secret, whole) in [(CHART, false), (NEXT, false), (WHOLE, true)] {
            let ada = portal.person(&secret[33..]).await;
            cache(&portal, &ada).await;
            cache(&portal, &ben).await;
            let of = Fixture::of(&ada.patient);
            portal.put(&ada.tenant, &of.condition("new", "New"));
            let answer = send(&portal, secret, Some(about(&ada))).await;
            assert_eq!((answer.status, answer.body.len()), (204, 0));
            assert_eq!(
                shown(&portal, &ada, CONDITIONS).await,
                1,
                "and not what was sent"
            );
            assert_eq!(is_read_anew(&portal, &ada, SHOTS).await, whole);
            assert!(!is_read_anew(&portal, &ben, CONDITIONS).await);
        }
        // Servers that send the resource itself put it below the hook.
        cache(&portal, &ada).await;
        let path = format!("{HOOK}/Condition/sent");
        let put = portal
            .internal(CHART, (Method::PUT, &path), Some(about(&ada)))
            .await;
        assert_eq!(put.status, 204);
        assert!(is_read_anew(&portal, &ada, CONDITIONS).await);
    })
    .await;
}

#[tokio::test]
async fn nobody_else_is_believed() {
    scene(async {
        let portal = portal_with(vec![]).await;
        let ada = portal.person("ada").await;
        cache(&portal, &ada).await;
        let admin = portal.staff_token(&portal.staff("portal-admin"));
        let patient = portal.token(&ada);
        for secret in [
            "x",
            &CHART[1..],
            &CHART.to_uppercase(),
            &format!("{CHART}x"),
            &admin,
            &patient,
        ] {
            let answer = send(&portal, secret, Some(about(&ada))).await;
            assert_eq!(answer.verdict(), "401 UNAUTHENTICATED");
            assert_eq!(
                answer.header("www-authenticate"),
                r#"Bearer error="invalid_token""#
            );
        }
        // What cannot be read is not looked at before the secret.
        let garbage = Some((FHIR, "{".to_owned()));
        assert_eq!(
            send(&portal, "x", garbage).await.verdict(),
            "401 UNAUTHENTICATED"
        );
        let bare = portal.internal_post(HOOK, &[]).await;
        assert_eq!(bare.verdict(), "401 UNAUTHENTICATED");
        let tenant = portal
            .internal_post(HOOK, &[("X-Tenant-ID", &portal.tenant)])
            .await;
        assert_eq!(tenant.verdict(), "401 UNAUTHENTICATED");
        // A secret is believed about its own tenant only, and is no token for anything else.
        assert_eq!(send(&portal, FOREIGN, Some(about(&ada))).await.status, 204);
        assert!(!is_read_anew(&portal, &ada, CONDITIONS).await);
        let accounts = portal
            .internal(CHART, (Method::GET, "accounts"), None)
            .await;
        assert_eq!(accounts.verdict(), "401 UNAUTHENTICATED");
        // And the public port has no such thing.
        let (path, nothing) = ("/internal/portal/hooks/fhir", json!({}));
        let public = portal.send_json(("POST", path), CHART, &[], &nothing);
        assert_eq!(public.await.verdict(), "404 NOT_FOUND");
    })
    .await;
}

#[tokio::test]
async fn a_body_says_whom_it_is_about_or_is_refused() {
    scene(async {
        let portal = portal_with(vec![]).await;
        let ada = portal.person("ada").await;
        let patient = |id: &str| json!({"resource": {"resourceType": "Patient", "id": id}});
        let bundle = |entries: Vec<Value>| json!({"resourceType": "Bundle", "entry": entries});
        let crowd = bundle((0..101).map(|n| patient(&format!("p-{n}"))).collect());
        let long = format!(
            r#"{{"resourceType": "Basic", "x": "{}"}}"#,
            "x".repeat(300_000)
        );
        let empty = bundle(vec![]).to_string();
        let nobody = json!({"resourceType": "Location", "id": "l"}).to_string();
        for (body, verdict) in [
            (None, "204 -"),
            (Some((FHIR, empty)), "204 -"),
            (Some((FHIR, nobody)), "204 -"),
            (Some((FHIR, "{".to_owned())), "400 MALFORMED_BODY"),
            (Some((FHIR, "[]".to_owned())), "400 MALFORMED_BODY"),
            (Some((FHIR, "{}".to_owned())), "400 MALFORMED_BODY"),
            (Some((FHIR, "[".repeat(200_000))), "400 MALFORMED_BODY"),
            (Some((FHIR, crowd.to_string())), "413 PAYLOAD_TOO_LARGE"),
            (Some((FHIR, long)), "413 PAYLOAD_TOO_LARGE"),
            (
                Some(("application/fhir+xml", "<a/>".to_owned())),
                "415 UNSUPPORTED_MEDIA_TYPE",
            ),
        ] {
            cache(&portal, &ada).await;
            let answer = send(&portal, CHART, body).await;
            let said = match answer.status {
                204 => "204 -".to_owned(),
                _ => answer.verdict(),
            };
            assert_eq!(said, verdict);
            assert!(!is_read_anew(&portal, &ada, CONDITIONS).await, "{verdict}");
        }
        let both = bundle(vec![patient("nobody"), patient(&ada.patient)]).to_string();
        assert_eq!(send(&portal, CHART, Some((FHIR, both))).await.status, 204);
        assert!(is_read_anew(&portal, &ada, CONDITIONS).await);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_burst_is_no_storm_at_the_source_and_its_end_is_seen() {
    scene(async {
        let portal = portal_with(vec![]).await;
        let ada = portal.person("ada").await;
        let of = Fixture::of(&ada.patient);
        cache(&portal, &ada).await;
        portal.sandbox.reset_calls();
        let begin = Instant::now();
        let mut sent = 0;
        while begin.elapsed() < Duration::from_secs(3) {
            sent += 1;
            portal.put(&ada.tenant, &of.condition("one", &format!("Text {sent}.")));
            assert_eq!(send(&portal, CHART, Some(about(&ada))).await.status, 204);
            shown(&portal, &ada, CONDITIONS).await;
        }
        let calls = portal.sandbox.calls("patient-chart").len();
        assert!(sent > 20, "{sent} sent");
        let seconds = usize::try_from(begin.elapsed().as_secs()).expect("not so long");
        assert!(calls <= 2 * (seconds + 2), "{calls} calls for {sent}");
        let last = format!("Text {sent}.");
        loop {
            let body = portal.get_as(&ada, CONDITIONS).await.body;
            if String::from_utf8_lossy(&body).contains(&last) {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    })
    .await;
}

#[tokio::test]
async fn while_redis_is_away_the_source_is_told_to_come_again() {
    long_scene(Duration::from_mins(1), async {
        let servers = Servers::start("hooks").await;
        let redis = servers.url("REDIS_URL").to_owned();
        let portal = portal_with(vec![("REDIS_URL".to_owned(), redis)]).await;
        let ada = portal.person("ada").await;
        servers.pause("redis");
        let answer = send(&portal, CHART, Some(about(&ada))).await;
        assert_eq!(answer.verdict(), "503 STORE_UNAVAILABLE");
        assert_eq!(answer.header("retry-after"), "5");
        servers.resume("redis");
        let mut status = 503;
        while status == 503 {
            status = send(&portal, CHART, Some(about(&ada))).await.status;
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        assert_eq!(status, 204);
    })
    .await;
}
