use super::*;

#[tokio::test]
async fn a_section_is_a_searchset_with_a_cursor_of_its_own_name() {
    let answer = get("/v1/portal/chart/allergies?limit=1", &[]).await;
    assert_eq!(answer.header("content-type"), "application/fhir+json");
    let url = format!("{PUBLIC_URL}/v1/portal/chart/allergies?limit=1");
    assert_eq!(
        answer.json()["link"],
        json!([{"relation": "self", "url": url}])
    );
    let tag = answer.header("etag").to_owned();
    let again = get(
        "/v1/portal/chart/allergies?limit=1",
        &[("if-none-match", &tag)],
    )
    .await;
    assert_eq!(again.status(), 304);
    let unknown = get("/v1/portal/chart/allergies?colour=red", &[]).await;
    assert_eq!(
        (unknown.status(), unknown.code().as_str()),
        (400, "UNKNOWN_PARAMETER")
    );
    let wrong = get("/v1/portal/chart/allergies?limit=0", &[]).await;
    assert_eq!(
        (wrong.status(), wrong.code().as_str()),
        (422, "VALIDATION_FAILED")
    );
    assert_eq!(wrong.json()["errors"][0]["pointer"], "limit");
    let down = get("/v1/portal/chart/immunizations", &[]).await;
    assert_eq!(
        (down.status(), down.code().as_str()),
        (503, "UPSTREAM_UNAVAILABLE")
    );
    assert_eq!(down.header("retry-after"), "5");
}

#[tokio::test]
async fn the_summary_is_a_document_that_says_what_is_missing() {
    let answer = get("/v1/portal/chart/summary", &[("accept-language", "ar")]).await;
    let document = answer.json();
    assert_eq!(document["type"], "document");
    assert_eq!(answer.header("content-language"), "ar");
    assert_eq!(
        answer.header("x-portal-degraded"),
        "immunizations;status=unavailable"
    );
    let composition = &document["entry"][0]["resource"];
    assert_eq!(composition["subject"]["reference"], "Patient/p1");
    let reason = |index: usize| &composition["section"][index]["emptyReason"]["coding"][0]["code"];
    assert_eq!(reason(0), "no-problem-info");
    assert_eq!(
        composition["section"][1]["entry"][0]["reference"],
        "AllergyIntolerance/cht.a1"
    );
    assert_eq!(reason(4), "unavailable");
    let urls: Vec<_> = document["entry"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| &it["fullUrl"])
        .collect();
    assert_eq!(
        urls[2],
        &json!(format!("{PUBLIC_URL}/fhir/R4/AllergyIntolerance/cht.a1"))
    );
    let patient_only = [("authorization", "Bearer Patient")];
    let answer = ask("GET", "/v1/portal/chart/summary", &patient_only, "").await;
    let section = &answer.json()["entry"][0]["resource"]["section"][1];
    assert_eq!(section["emptyReason"]["coding"][0]["code"], "notasked");
}

#[tokio::test]
async fn results_are_views_with_decimals_as_sent() {
    let answer = get("/v1/portal/results/labs", &[]).await;
    let list = answer.json();
    assert_eq!(list["data"][0]["value"]["quantity"]["value"], "1.50");
    let panel = json!({"id": "lab.r1", "type": "DiagnosticReport", "display": "Blood"});
    assert_eq!(list["data"][0]["panel"], panel);
    assert_eq!(list["nextCursor"], Value::Null);
    assert_eq!(list["meta"]["sources"][0]["status"], "fresh");
    let detail = get("/v1/portal/results/labs/lab.o1", &[]).await.json();
    assert_eq!(detail["report"]["id"], "lab.r1");
    assert_eq!(detail["trend"][0]["points"][0]["id"], "lab.o1");
    assert_eq!(
        get("/v1/portal/results/labs/lab.o9", &[]).await.status(),
        404
    );
}

#[tokio::test]
async fn the_account_shows_its_person_and_its_tenant() {
    let me = get("/v1/portal/me", &[]).await.json();
    assert_eq!(me["displayName"], "Karimi");
    assert_eq!(me["patientId"], "p1");
    assert_eq!(me["tenant"]["timeZone"], "UTC");
    assert_eq!(me["mayActFor"], json!([]));
    assert_eq!(
        me["features"],
        json!(["communication", "ehr.claims", "ehr.portal"])
    );
    let log = get("/v1/portal/me/access-log?limit=5", &[]).await.json();
    assert_eq!(
        log,
        json!({"data": [], "total": 0, "limit": 5, "offset": 0})
    );
}
