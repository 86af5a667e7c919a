use super::*;

#[tokio::test]
async fn unknown_routes_and_methods_are_errors_of_their_face() {
    for (path, content_type) in [
        ("/v1/portal/nothing", "application/problem+json"),
        ("/nothing", "application/problem+json"),
        ("/fhir/R4/Group/x", "application/fhir+json; fhirVersion=4.0"),
        (
            "/fhir/R4/Observation/a/b",
            "application/fhir+json; fhirVersion=4.0",
        ),
    ] {
        let answer = ask("GET", path, &[], "").await;
        let seen = (
            answer.status(),
            answer.code(),
            answer.header("content-type").to_owned(),
        );
        assert_eq!(
            seen,
            (404, "NOT_FOUND".to_owned(), content_type.to_owned()),
            "{path}"
        );
    }
    let answer = ask("DELETE", "/fhir/R4/Observation", &[], "").await;
    assert_eq!(
        (
            answer.status(),
            answer.code().as_str(),
            answer.header("allow")
        ),
        (405, "METHOD_NOT_ALLOWED", "GET,HEAD")
    );
    let answer = ask("POST", "/v1/portal/me", &[], "").await;
    assert_eq!(
        (answer.status(), answer.header("allow")),
        (405, "GET,HEAD,PATCH")
    );
}

#[tokio::test]
async fn a_correlation_is_echoed_and_a_bad_one_is_replaced() {
    let answer = ask("GET", "/nothing", &[("x-request-id", "abc-1")], "").await;
    assert_eq!(answer.header("x-request-id"), "abc-1");
    assert_eq!(answer.json()["correlationId"], "abc-1");
    let long = "a".repeat(129);
    for bad in ["a b", long.as_str(), ""] {
        let answer = ask("GET", "/health/live", &[("x-request-id", bad)], "").await;
        assert_eq!(answer.header("x-request-id").len(), 26, "{bad}");
    }
}

#[tokio::test]
async fn a_token_in_the_address_is_refused_before_anything_else() {
    for path in [
        "/v1/portal/me?access_token=x",
        "/fhir/R4/metadata?ACCESS_TOKEN=x",
        "/health?a=1&%61ccess_token",
        "/nothing?access_token=",
    ] {
        let answer = get(path, &[]).await;
        assert_eq!(
            (answer.status(), answer.code().as_str()),
            (400, "TOKEN_IN_URL"),
            "{path}"
        );
    }
}

#[tokio::test]
async fn every_401_carries_a_challenge() {
    let answer = ask("GET", "/v1/portal/me", &[], "").await;
    assert_eq!(
        (answer.status(), answer.header("www-authenticate")),
        (401, "Bearer")
    );
    assert_eq!(answer.header("cache-control"), "private, no-store");
    let refused = [("authorization", "Bearer -")];
    let answer = ask("GET", "/fhir/R4/Observation", &refused, "").await;
    assert_eq!(
        (answer.status(), answer.header("www-authenticate")),
        (401, r#"Bearer error="invalid_token""#)
    );
    assert_eq!(answer.json()["issue"][0]["code"], "login");
    let narrow = [("authorization", "Bearer Immunization")];
    let answer = ask("GET", "/fhir/R4/Observation", &narrow, "").await;
    assert_eq!(
        (answer.status(), answer.header("www-authenticate")),
        (403, r#"Bearer error="insufficient_scope""#)
    );
}

#[tokio::test]
async fn long_answers_are_compressed_when_asked_for() {
    let plain = ask("GET", "/fhir/R4/metadata", &[], "").await;
    assert_eq!(plain.header("content-encoding"), "");
    let request = Request::get("/fhir/R4/metadata").header("accept-encoding", "gzip");
    let request = request.body(Body::empty()).unwrap();
    let response = served().oneshot(request).await.unwrap();
    assert_eq!(response.headers()["content-encoding"], "gzip");
    let body = response.into_body().collect().await.unwrap().to_bytes();
    assert!(body.starts_with(&[0x1f, 0x8b]) && body.len() < plain.text.len());
}

#[tokio::test]
async fn panics_and_late_answers_become_errors() {
    let mut settings = settings();
    settings.request_deadline = std::time::Duration::from_millis(20);
    let panics = axum::routing::get(|| async { panic!("planted") as () });
    let sleeps = axum::routing::get(std::future::pending::<StatusCode>);
    let routes = Router::new()
        .route("/panics", panics)
        .route("/sleeps", sleeps);
    let routes = finished(routes, Arc::new(settings));
    for (path, status, code) in [
        ("/panics", 500, "INTERNAL_ERROR"),
        ("/sleeps", 503, "OVERLOADED"),
    ] {
        let request = Request::builder().method(Method::GET).uri(path);
        let request = request.body(Body::empty()).unwrap();
        let answer = Answer::of(routes.clone().oneshot(request).await.unwrap()).await;
        assert_eq!((answer.status(), answer.code().as_str()), (status, code));
        assert!(!answer.text.contains("planted"));
    }
}

#[tokio::test]
async fn routes_are_named_by_their_template() {
    let named = |Extension(exchange): Extension<Arc<Exchange>>| {
        std::future::ready(exchange.route().to_owned())
    };
    let routes = Router::new().route("/v1/portal/results/labs/{id}", axum::routing::get(named));
    let routes = routes.fallback(named);
    let edge = Arc::new(Edge::new(Arc::new(settings())));
    let routes = routes.layer(from_fn_with_state(edge, crate::layers::edge));
    for (path, template) in [
        (
            "/v1/portal/results/labs/lab.1",
            "/v1/portal/results/labs/{id}",
        ),
        ("/v1/portal/results/secret", "unmatched"),
    ] {
        let request = Request::get(path).body(Body::empty()).unwrap();
        let answer = Answer::of(routes.clone().oneshot(request).await.unwrap()).await;
        assert_eq!(answer.text, template);
    }
}

#[tokio::test]
async fn the_admin_port_shows_components_and_metrics() {
    let settings = settings();
    let admin = admin_router(&settings.health, Arc::new(|| "metric 1\n".to_owned()));
    let request = Request::get("/metrics").body(Body::empty()).unwrap();
    let answer = Answer::of(admin.clone().oneshot(request).await.unwrap()).await;
    assert_eq!(
        (answer.text.as_str(), answer.header("content-type")),
        ("metric 1\n", METRICS_TEXT)
    );
    let request = Request::get("/health").body(Body::empty()).unwrap();
    let answer = Answer::of(admin.oneshot(request).await.unwrap()).await;
    assert_eq!(answer.text, r#"{"status":"down","components":[]}"#);
}
