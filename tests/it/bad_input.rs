//! What cannot be read is refused by name, after the caller was let in, and nothing of it comes
//! back.

use portal_tests::{Fixture, TestPortal, scene};
use serde_json::json;

#[tokio::test]
async fn parameters_that_cannot_be_read_are_named() {
    scene(async {
        let portal = TestPortal::start().await;
        let ada = portal.person("ada").await;
        for (path, verdict) in [
            ("/v1/portal/me?x=1", "400 UNKNOWN_PARAMETER"),
            ("/v1/portal/chart/summary?limit=1", "400 UNKNOWN_PARAMETER"),
            ("/v1/portal/chart/problems?limit=0", "422 VALIDATION_FAILED"),
            (
                "/v1/portal/chart/problems?limit=101",
                "422 VALIDATION_FAILED",
            ),
            (
                "/v1/portal/chart/problems?limit=1&limit=2",
                "422 VALIDATION_FAILED",
            ),
            (
                "/v1/portal/chart/problems?from=yesterday",
                "422 VALIDATION_FAILED",
            ),
            (
                "/v1/portal/chart/problems?from=2024-02-30",
                "422 VALIDATION_FAILED",
            ),
            (
                "/v1/portal/chart/problems?from=2024-02&to=2024-01",
                "422 VALIDATION_FAILED",
            ),
            ("/v1/portal/chart/problems?cursor=abc", "400 CURSOR_INVALID"),
            ("/v1/portal/results/labs?cursor=", "400 CURSOR_INVALID"),
            (
                "/v1/portal/me/access-log?eventType=nothing",
                "422 VALIDATION_FAILED",
            ),
            (
                "/v1/portal/me/access-log?offset=-1",
                "422 VALIDATION_FAILED",
            ),
            ("/v1/portal/nowhere", "404 NOT_FOUND"),
            ("/v1/portal/chart/secrets", "404 NOT_FOUND"),
        ] {
            let answer = portal.get_as(&ada, path).await;
            assert_eq!(answer.verdict(), verdict, "{path}");
            assert_eq!(
                answer.header("content-type"),
                "application/problem+json",
                "{path}"
            );
            let body = answer.json();
            for member in [
                "type",
                "title",
                "status",
                "instance",
                "code",
                "correlationId",
                "timestamp",
            ] {
                assert!(!body[member].is_null(), "{path} {member}");
            }
            assert_eq!(
                body["correlationId"],
                answer.header("x-request-id"),
                "{path}"
            );
        }
        for (path, status) in [
            ("/fhir/R4/Condition?onset-date=someday", 400),
            ("/fhir/R4/Condition?_count=many", 400),
            ("/fhir/R4/Condition?code:not=x", 400),
            ("/fhir/R4/Condition?onset-date=ap2024", 400),
            ("/fhir/R4/Condition?_cursor=abc", 400),
            ("/fhir/R4/Condition?unknown=1", 200),
            ("/fhir/R4/Nothing", 404),
            ("/fhir/R4/condition", 404),
        ] {
            let answer = portal.get_as(&ada, path).await;
            assert_eq!(answer.status, status, "{path}");
            if status != 200 {
                assert_eq!(answer.json()["resourceType"], "OperationOutcome", "{path}");
            }
        }
        let many = format!("/fhir/R4/Condition?code={}", vec!["a"; 201].join(","));
        assert_eq!(
            portal.get_as(&ada, &many).await.status,
            400,
            "each value costs a look"
        );
        let strict = [("Prefer", "handling=strict")];
        let refused = portal
            .get_with(&ada, "/fhir/R4/Condition?unknown=1", &strict)
            .await;
        assert_eq!(refused.verdict(), "400 UNKNOWN_PARAMETER");
    })
    .await;
}

#[tokio::test]
async fn input_is_read_only_for_those_who_may_ask() {
    scene(async {
        let portal = TestPortal::start().await;
        let ada = portal.person("ada").await;
        let narrow = portal.token_with(&ada, &json!({"scope": "patient/Patient.read"}));
        for path in [
            "/v1/portal/chart/problems?limit=x",
            "/fhir/R4/Condition?_count=x",
        ] {
            assert_eq!(portal.get(None, path).await.status, 401);
            assert_eq!(portal.get(Some(&narrow), path).await.status, 403);
        }
    })
    .await;
}

#[tokio::test]
async fn headers_that_cannot_be_read_are_refused() {
    scene(async {
        let portal = TestPortal::start().await;
        let ada = portal.person("ada").await;
        let token = portal.token(&ada);
        let bearer = format!("Bearer {token}");
        let path = "/v1/portal/me";
        let twice = [
            ("Authorization", bearer.as_str()),
            ("Authorization", bearer.as_str()),
        ];
        assert_eq!(
            portal.send(path, &twice).await.verdict(),
            "400 AMBIGUOUS_CREDENTIALS"
        );
        let cookie = [
            ("Authorization", bearer.as_str()),
            ("Cookie", "__Host-portal_session=demo.x"),
        ];
        assert_eq!(
            portal.send(path, &cookie).await.verdict(),
            "400 AMBIGUOUS_CREDENTIALS"
        );
        for value in [
            "Bearer",
            "Bearer ",
            "Basic abc",
            "bearer a b",
            "Bearer ...",
            "Token x",
        ] {
            let answer = portal.send(path, &[("Authorization", value)]).await;
            assert_eq!(answer.verdict(), "401 UNAUTHENTICATED", "{value}");
        }
        let huge = format!("Bearer {}", "a".repeat(20_000));
        let answer = portal.send(path, &[("Authorization", &huge)]).await;
        assert!(matches!(answer.status, 401 | 431), "{}", answer.status);
        let lower = format!("bearer {token}");
        assert_eq!(
            portal.send(path, &[("Authorization", &lower)]).await.status,
            200
        );
        let acting = [("X-Acting-For", "pdel_01ARZ3NDEKTSV4RRFFQ69G5FAV")];
        let delegation = portal.get_with(&ada, path, &acting).await;
        assert_eq!(delegation.verdict(), "403 PROXY_DELEGATION_INVALID");
        let log = portal
            .get_with(&ada, "/v1/portal/me/access-log", &acting)
            .await;
        assert_eq!(log.verdict(), "403 PROXY_SCOPE_DENIED");
        let fhir = portal.get_with(&ada, "/fhir/R4/Condition", &acting).await;
        assert_eq!(fhir.verdict(), "400 UNKNOWN_PARAMETER");
        let odd = portal
            .get_with(&ada, path, &[("X-Request-ID", "has space")])
            .await;
        assert_ne!(odd.header("x-request-id"), "has space");
        let sane = portal
            .get_with(&ada, path, &[("X-Request-ID", "abc-123")])
            .await;
        assert_eq!(sane.header("x-request-id"), "abc-123");
        let xml = portal
            .get_with(
                &ada,
                "/fhir/R4/Condition",
                &[("Accept", "application/fhir+xml")],
            )
            .await;
        assert_eq!(xml.status, 406);
    })
    .await;
}

#[tokio::test]
async fn a_cursor_is_good_for_its_caller_route_and_query_alone() {
    scene(async {
        let portal = TestPortal::start().await;
        let (ada, ben) = (portal.person("ada").await, portal.person("ben").await);
        for person in [&ada, &ben] {
            let of = Fixture::of(&person.patient);
            for n in 0..5 {
                let id = format!("c{n}-{}", &person.patient[..3]);
                portal.put(&person.tenant, &of.condition(&id, "Asthma"));
            }
        }
        let first = portal
            .get_as(&ada, "/v1/portal/chart/problems?limit=2")
            .await;
        assert_eq!(
            (first.status, first.resources().len()),
            (200, 2),
            "{}",
            first.verdict()
        );
        let next = portal.path_of(&first.next().expect("more"));
        assert_eq!(portal.get_as(&ada, &next).await.resources().len(), 2);
        assert_eq!(
            portal.get_as(&ben, &next).await.verdict(),
            "400 CURSOR_INVALID"
        );
        let wider = next.replace("limit=2", "limit=3");
        assert_eq!(
            portal.get_as(&ada, &wider).await.verdict(),
            "400 CURSOR_INVALID"
        );
        let elsewhere = next.replace("problems", "allergies");
        assert_eq!(
            portal.get_as(&ada, &elsewhere).await.verdict(),
            "400 CURSOR_INVALID"
        );
        let app = portal.token_with(&ada, &json!({"azp": "portal-mobile"}));
        assert_eq!(
            portal.get(Some(&app), &next).await.verdict(),
            "400 CURSOR_INVALID"
        );
        let revoked = portal.token_with(&ada, &json!({"scope": "patient/Patient.read"}));
        assert_eq!(
            portal.get(Some(&revoked), &next).await.verdict(),
            "403 INSUFFICIENT_SCOPE"
        );
        portal.clock.advance(jiff::SignedDuration::from_mins(16));
        let token = portal.token(&ada);
        assert_eq!(
            portal.get(Some(&token), &next).await.verdict(),
            "400 CURSOR_INVALID"
        );
    })
    .await;
}
