use super::*;

#[tokio::test]
async fn a_read_is_the_source_s_bytes_with_an_etag() {
    let answer = get("/fhir/R4/Observation/lab.o1", &[]).await;
    assert_eq!(answer.text, LAB.replace("\"o1\"", "\"lab.o1\""));
    assert_eq!(
        answer.header("content-type"),
        "application/fhir+json; fhirVersion=4.0"
    );
    let tag = answer.header("etag").to_owned();
    assert!(tag.starts_with("W/\"3-"), "{tag}");
    let again = get("/fhir/R4/Observation/lab.o1", &[("if-none-match", &tag)]).await;
    assert_eq!((again.status(), again.text.as_str()), (304, ""));
    assert_eq!(again.header("etag"), tag);
    assert_eq!(again.header("cache-control"), "private, no-store");
    let absent = get("/fhir/R4/Observation/lab.o2", &[]).await;
    assert_eq!(
        (absent.status(), absent.code().as_str()),
        (404, "NOT_FOUND")
    );
    for odd in ["%FF", "..%2FPatient%2Fp1", "%00", "."] {
        let answer = get(&format!("/fhir/R4/Observation/{odd}"), &[]).await;
        assert_eq!(
            (answer.status(), answer.code().as_str()),
            (404, "NOT_FOUND"),
            "{odd}"
        );
    }
}

#[tokio::test]
async fn get_and_post_search_are_the_same_search() {
    let path = "/fhir/R4/Observation?category=laboratory&colour=red";
    let by_get = get(path, &[]).await;
    let bundle = by_get.json();
    assert_eq!(bundle["total"], 1);
    assert_eq!(
        bundle["link"][0]["url"],
        format!("{PUBLIC_URL}/fhir/R4/Observation?category=laboratory")
    );
    assert!(by_get.text.contains(r#""value":1.50"#));
    assert_eq!(by_get.header("etag"), "");
    let form = [
        ("authorization", "Bearer all"),
        ("content-type", "application/x-www-form-urlencoded"),
    ];
    let path = "/fhir/R4/Observation/_search?colour=red";
    let by_post = ask("POST", path, &form, "category=laboratory").await;
    assert_eq!(by_post.text, by_get.text);
    let strict = get(
        "/fhir/R4/Observation?colour=red",
        &[("prefer", "handling=strict")],
    )
    .await;
    assert_eq!(
        (strict.status(), strict.code().as_str()),
        (400, "UNKNOWN_PARAMETER")
    );
    let wrong = get("/fhir/R4/Observation?date=yesterday", &[]).await;
    assert_eq!(
        (wrong.status(), wrong.code().as_str()),
        (400, "INVALID_PARAMETER")
    );
    let other = get("/fhir/R4/Observation?patient=p2", &[]).await;
    assert_eq!(
        (other.status(), other.code().as_str()),
        (403, "PROXY_DELEGATION_INVALID")
    );
    let xml = get("/fhir/R4/Observation?_format=xml", &[]).await;
    assert_eq!((xml.status(), xml.code().as_str()), (406, "NOT_ACCEPTABLE"));
}

#[tokio::test]
async fn metadata_is_open_to_everyone() {
    let answer = ask(
        "GET",
        "/fhir/R4/metadata",
        &[("origin", "https://a.test")],
        "",
    )
    .await;
    assert_eq!(answer.header("access-control-allow-origin"), "*");
    assert_eq!(answer.header("cache-control"), "public, max-age=300");
    let preflight = [
        ("origin", "https://a.test"),
        ("access-control-request-method", "GET"),
    ];
    assert_eq!(
        ask("OPTIONS", "/fhir/R4/metadata", &preflight, "")
            .await
            .status(),
        200
    );
    let search = get("/fhir/R4/Observation", &[("origin", "https://a.test")]).await;
    assert_eq!(search.header("access-control-allow-origin"), "");
}

#[tokio::test]
async fn acting_for_someone_is_refused_on_both_faces() {
    let acting = [("x-acting-for", "pdel_1")];
    let answer = get("/fhir/R4/Observation", &acting).await;
    assert_eq!(
        (answer.status(), answer.code().as_str()),
        (400, "UNKNOWN_PARAMETER")
    );
    let answer = get("/v1/portal/me", &acting).await;
    assert_eq!(
        (answer.status(), answer.code().as_str()),
        (403, "PROXY_DELEGATION_INVALID")
    );
    let answer = ask("GET", "/fhir/R4/Observation", &acting, "").await;
    assert_eq!(answer.status(), 401);
}
