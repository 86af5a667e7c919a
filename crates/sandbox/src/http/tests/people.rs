use super::*;

const MATCH: &str = "/registration/fhir/api/v1/patients/match";
const NOTIFY: &str = "/communication/fhir/v1/communication/notifications";

fn place() -> Place {
    Place::with(&Options {
        large: 0,
        ..Options::default()
    })
}

impl Place {
    async fn matched(&self, mrn: &str, birth_date: &str) -> Value {
        let body = json!({"mrn": mrn, "birthDate": birth_date}).to_string();
        let answer = self.send("POST", MATCH, Some("demo"), &body).await;
        assert_eq!(answer.status, StatusCode::OK);
        assert_eq!(answer.headers["content-type"], "application/json");
        answer.json()["patients"].clone()
    }

    async fn notify(&self, key: &str, secret: &str) -> Answered {
        let body = json!({
            "channel": "email", "address": "nadia@example.org", "language": "en",
            "templateKey": "registration.link", "secret": secret,
        });
        let request = Request::post(NOTIFY)
            .header("X-Tenant-ID", "demo")
            .header("Idempotency-Key", key)
            .body(Body::from(body.to_string()))
            .unwrap();
        self.answered(request).await
    }

    async fn changed(&self, path: &str, body: &str) -> StatusCode {
        self.post(path, body).await.status
    }
}

#[tokio::test]
async fn whoever_has_no_account_is_matched_by_number_and_birth_date() {
    let place = place();
    let registrants = place.get("/_admin/registrants").await.json();
    let [nadia] = registrants.as_array().unwrap().as_slice() else {
        panic!("there is one")
    };
    let text = |name: &str| nadia[name].as_str().unwrap();
    let found = place.matched(text("mrn"), text("birthDate")).await;
    assert_eq!(found.as_array().unwrap().len(), 1);
    assert_eq!(found[0]["deceased"], false);
    let contacts = found[0]["contacts"].as_array().unwrap();
    let email = contacts
        .iter()
        .find(|one| one["channel"] == "email")
        .unwrap();
    assert_eq!(email["address"], nadia["email"]);
    assert_eq!(email["shared"], false);
    for (mrn, born) in [(text("mrn"), "1993-06-06"), ("MRN-1", text("birthDate"))] {
        assert_eq!(place.matched(mrn, born).await, json!([]));
    }
    let people = place.get("/_admin/people").await;
    assert!(!people.text().contains(text("subject")));
    assert_eq!(
        place.post(MATCH, "{}").await.status,
        StatusCode::BAD_REQUEST
    );
}

#[tokio::test]
async fn contacts_are_shared_where_several_have_them_or_it_is_said() {
    let place = place();
    let patient = |id: &str| {
        json!({"resourceType": "Patient", "id": id, "telecom": [
            {"system": "email", "value": "both@example.org", "rank": 2},
            {"system": "phone", "value": format!("+{id}"), "rank": 1},
            {"system": "phone", "value": "+0", "use": "old"},
            {"system": "fax", "value": "+1"},
        ]})
    };
    for id in ["11", "12"] {
        let body = patient(id).to_string();
        place.post("/_admin/records/registration", &body).await;
    }
    let path = "/registration/fhir/api/v1/patients/11/contacts";
    let contact = |channel: &str, address: &str, shared: bool| json!({"channel": channel, "address": address, "shared": shared});
    let expected = [
        contact("phone", "+11", false),
        contact("email", "both@example.org", true),
    ];
    assert_eq!(place.get(path).await.json()["contacts"], json!(expected));
    for (address, shared) in [("+11", true), ("both@example.org", false)] {
        let body = json!({"address": address, "shared": shared}).to_string();
        let status = place.changed("/_admin/contacts", &body).await;
        assert_eq!(status, StatusCode::NO_CONTENT);
    }
    let expected = [
        contact("phone", "+11", true),
        contact("email", "both@example.org", false),
    ];
    assert_eq!(place.get(path).await.json()["contacts"], json!(expected));
    let elsewhere = place.send("GET", path, Some("other"), "").await;
    assert_eq!(elsewhere.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn patients_are_merged_once_and_die_once() {
    let place = place();
    let ids: Vec<_> = place
        .world
        .people
        .iter()
        .take(3)
        .map(|one| &one.patient_id)
        .collect();
    let merge = format!("/_admin/patients/{}/merge", ids[0]);
    let into = |id: &str| json!({ "into": id }).to_string();
    for body in ["{}".to_owned(), into("nobody"), into(ids[0])] {
        assert!(place.changed(&merge, &body).await.is_client_error());
    }
    assert_eq!(
        place.changed(&merge, &into(ids[1])).await,
        StatusCode::NO_CONTENT
    );
    assert_eq!(
        place.changed(&merge, &into(ids[2])).await,
        StatusCode::CONFLICT
    );
    let patient = place
        .get(&format!("/registration/fhir/Patient/{}", ids[0]))
        .await
        .json();
    let other = format!("Patient/{}", ids[1]);
    assert_eq!(
        patient["link"],
        json!([{"other": {"reference": other}, "type": "replaced-by"}])
    );
    let mrn = patient["identifier"][0]["value"].as_str().unwrap();
    let found = place
        .matched(mrn, patient["birthDate"].as_str().unwrap())
        .await;
    assert_eq!(found[0]["replacedBy"], json!(ids[1]));
    let deceased = format!("/_admin/patients/{}/deceased", ids[2]);
    assert_eq!(place.changed(&deceased, "").await, StatusCode::NO_CONTENT);
    assert_eq!(place.changed(&deceased, "").await, StatusCode::CONFLICT);
    let patient = place
        .get(&format!("/registration/fhir/Patient/{}", ids[2]))
        .await;
    assert_eq!(patient.json()["deceasedBoolean"], true);
    assert!(patient.text().contains(r#".50"}"#) || patient.text().contains(".50}"));
}

#[tokio::test]
async fn a_notification_is_taken_once_under_its_key() {
    let place = place();
    assert_eq!(place.notify("a", "one").await.status, StatusCode::ACCEPTED);
    assert_eq!(place.notify("a", "two").await.status, StatusCode::OK);
    assert_eq!(
        place.notify("b", "three").await.status,
        StatusCode::ACCEPTED
    );
    let path = "/_admin/notifications?tenant=demo&address=nadia@example.org";
    let sent = place.get(path).await.json();
    let secrets: Vec<_> = sent
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["secret"])
        .collect();
    assert_eq!(secrets, ["one", "three"]);
    assert_eq!(sent[0]["idempotencyKey"], "a");
    let other = place.get("/_admin/notifications?tenant=other").await;
    assert_eq!(other.json(), json!([]));
    let without_key = place.send("POST", NOTIFY, Some("demo"), "{}").await;
    assert_eq!(without_key.status, StatusCode::BAD_REQUEST);
    place
        .send("DELETE", "/_admin/notifications", None, "")
        .await;
    assert_eq!(place.get(path).await.json(), json!([]));
}

#[tokio::test]
async fn every_tenant_has_the_portal_until_it_is_told_otherwise() {
    let place = place();
    let path = |tenant: &str| format!("/identity/entitlements?tenantId={tenant}");
    let portal = json!({"entitlements": ["ehr.portal", "ehr.claims", "communication"]});
    for tenant in ["demo", "other"] {
        assert_eq!(place.get(&path(tenant)).await.json(), portal);
    }
    let nobody = place.get(&path("nobody")).await;
    assert_eq!(nobody.status, StatusCode::NOT_FOUND);
    let none = r#"{"entitlements":[]}"#;
    place
        .send("PUT", "/_admin/entitlements/demo", None, none)
        .await;
    assert_eq!(place.get(&path("demo")).await.text(), none);
    place
        .send("DELETE", "/_admin/entitlements/demo", None, "")
        .await;
    let forgotten = place.get(&path("demo")).await;
    assert_eq!(forgotten.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn the_new_services_meet_faults_and_remember_calls() {
    let place = place();
    let fault = |service: &str| format!("/_admin/sources/{service}/fault");
    place
        .post(&fault("communication"), r#"{"errorRate":1,"status":429}"#)
        .await;
    let status = place.notify("a", "one").await.status;
    assert_eq!(status, StatusCode::TOO_MANY_REQUESTS);
    let sent = place.get("/_admin/notifications").await.json();
    assert_eq!(sent, json!([]));
    let path = "/identity/entitlements?tenantId=demo";
    place
        .post(&fault("identity"), r#"{"mode":"redirect"}"#)
        .await;
    let moved = place.get(path).await;
    assert_eq!(moved.status, StatusCode::FOUND);
    let there = moved.headers["location"].to_str().unwrap().to_owned();
    let there = place.get(there.strip_prefix(ORIGIN).unwrap()).await;
    assert_eq!(there.json()["entitlements"][0], "ehr.portal");
    place
        .post(&fault("identity"), r#"{"mode":"garbage"}"#)
        .await;
    assert!(serde_json::from_slice::<Value>(&place.get(path).await.body).is_err());
    place
        .post(&fault("registration"), r#"{"mode":"foreign-entries"}"#)
        .await;
    let own = place.patient().to_owned();
    let patient = place
        .get(&format!("/registration/fhir/Patient/{own}"))
        .await;
    assert_ne!(patient.json()["id"], json!(own));
    let calls = place.get("/_admin/calls/communication").await.json();
    assert_eq!(calls[0]["method"], "POST");
    place
        .send("DELETE", &fault("communication"), None, "")
        .await;
}
