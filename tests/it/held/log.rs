//! Each AuditEvent is a line of the access log.

use std::collections::BTreeSet;

use portal_tests::{Person, TestOptions, TestPortal, scene};
use serde_json::{Value, json};

use super::{LOG, address, app, code, found, items, walk};

const EVENT_TYPE: &str = "urn:ghasi-ehealth:portal-event-type";
const ACTOR: &str = "urn:ghasi-ehealth:portal-actor";

/// Ada, whose log may be made longer by far.
async fn logged() -> (TestPortal, Person) {
    let portal = TestPortal::with(TestOptions {
        own_database: true,
        ..TestOptions::default()
    })
    .await;
    let ada = portal.person("ada").await;
    portal.get_as(&ada, "/fhir/R4/Patient").await;
    (portal, ada)
}

/// Ada, at whose record others looked too.
async fn looked_at() -> (TestPortal, Person) {
    let portal = TestPortal::start().await;
    let ada = portal.person("ada").await;
    let ben = portal.person("ben").await;
    portal.put_everything(&ada, "ada");
    let delegation = portal.delegate(&ada, &ben, &json!({})).await;
    portal
        .get_for(&ben, &delegation, "/v1/portal/chart/problems")
        .await;
    let smart = app(&portal, &ada, "patient/Condition.rs");
    for path in ["Condition", "Condition/cht.condition-ada", "Observation"] {
        portal.get(Some(&smart), &format!("/fhir/R4/{path}")).await;
    }
    portal.get_as(&ada, "/fhir/R4/Condition/cht.absent").await;
    (portal, ada)
}

fn entity<'a>(event: &'a Value, kind: &str) -> Vec<&'a Value> {
    let entities = event["entity"].as_array().expect("entities").iter();
    entities.filter(|it| it["type"]["code"] == kind).collect()
}

fn detail<'a>(event: &'a Value, name: &str) -> Option<&'a str> {
    let details = entity(event, "1")[0]["detail"].as_array()?;
    details.iter().find(|it| it["type"] == name)?["valueString"].as_str()
}

/// The agent who wanted it, and the client.
fn agents(event: &Value) -> (&Value, Option<&Value>) {
    let agents = event["agent"].as_array().expect("agents");
    let asked = agents.iter().find(|agent| agent["requestor"] == true);
    let is_client = |agent: &&Value| agent["network"]["type"] == "2";
    (asked.expect("a requestor"), agents.iter().find(is_client))
}

/// What an event tells, in the shape of a line of the log.
fn told(event: &Value, line: &Value) -> Value {
    let (asked, client) = agents(event);
    let shown: Vec<&Value> = entity(event, "2")
        .iter()
        .map(|it| &it["what"]["identifier"]["value"])
        .collect();
    let reference = asked["who"]["reference"].as_str().unwrap_or_default();
    let proxy = reference.strip_prefix("RelatedPerson/");
    let outcome = match (&event["outcome"], code(&event["subtype"], EVENT_TYPE)) {
        (outcome, _) if outcome == "0" => "success",
        (_, Some("access.denied")) => "denied",
        _ => "failed",
    };
    let mut told = json!({
        "id": line["id"], "occurredAt": line["occurredAt"],
        "eventType": code(&event["subtype"], EVENT_TYPE),
        "outcome": outcome, "reasonCode": event["outcomeDesc"],
        "actor": {
            "kind": code(&asked["role"][0]["coding"], ACTOR),
            "actingAsProxy": proxy.is_some(),
            "proxyDelegationId": proxy.map(|id| id.replace('-', "_")),
            "accountId": asked["who"]["identifier"]["value"],
            "clientId": client.map(|it| &it["who"]["identifier"]["value"]),
        },
        "resourceType": detail(event, "resourceType"), "resourceIds": shown,
        "resourceCount": detail(event, "resourceCount").and_then(|it| it.parse::<u32>().ok()),
        "clientAddress": client.map(|it| &it["network"]["address"]),
        "userAgentClass": detail(event, "userAgentClass"),
        "requestId": entity(event, "XrequestId")[0]["what"]["identifier"]["value"],
    });
    for members in ["", "/actor"] {
        let members = told.pointer_mut(members).and_then(Value::as_object_mut);
        members.expect("an object").retain(|_, it| !it.is_null());
    }
    told
}

#[tokio::test]
async fn each_event_tells_what_its_line_tells() {
    scene(async {
        let (portal, ada) = looked_at().await;
        let lines = items(&portal.get_as(&ada, LOG).await);
        let events = found(&portal.get_as(&ada, "/fhir/R4/AuditEvent").await);
        // Reading the log wrote the line of it, which the search behind it shows first.
        assert_eq!(
            code(&events[0]["subtype"], EVENT_TYPE),
            Some("accesslog.viewed")
        );
        assert_eq!(events.len(), lines.len() + 1);
        for (event, line) in events[1..].iter().zip(&lines) {
            let id = line["id"].as_str().expect("an id");
            assert_eq!(event["id"], address(id));
            let at = |text: &Value| -> jiff::Timestamp {
                text.as_str().expect("a text").parse().expect("a moment")
            };
            assert_eq!(at(&event["recorded"]), at(&line["occurredAt"]));
            let who = format!("Patient/{}", ada.patient);
            assert_eq!(entity(event, "1")[0]["what"]["reference"], who);
            assert_eq!(told(event, line), *line);
        }
        let kinds: BTreeSet<_> = lines
            .iter()
            .map(|it| it["actor"]["kind"].as_str())
            .collect();
        assert_eq!(kinds.len(), 3, "self, proxy and app are among them");
    })
    .await;
}

#[tokio::test]
async fn looking_at_the_log_is_in_the_log() {
    scene(async {
        let (portal, ada) = looked_at().await;
        let search = portal.get_as(&ada, "/fhir/R4/AuditEvent?_count=2").await;
        let ids: Vec<Value> = found(&search).iter().map(|it| it["id"].clone()).collect();
        let first = ids[0].as_str().expect("an id");
        let read = portal
            .get_as(&ada, &format!("/fhir/R4/AuditEvent/{first}"))
            .await;
        assert_eq!(read.json()["id"], ids[0]);
        let lines = items(&portal.get_as(&ada, LOG).await);
        let line = |at: usize| (&lines[at]["eventType"], &lines[at]["resourceIds"]);
        assert_eq!(line(0), (&json!("fhir.read"), &json!([first])));
        assert_eq!(line(1), (&json!("fhir.searched"), &json!(ids)));
        assert_eq!(lines[1]["resourceType"], "AuditEvent");
    })
    .await;
}

#[tokio::test]
async fn a_walk_visits_each_event_once_in_either_order() {
    scene(async {
        let (portal, ada) = looked_at().await;
        for sort in ["", "&_sort=date"] {
            let before = items(&portal.get_as(&ada, LOG).await);
            let path = format!("/fhir/R4/AuditEvent?_count=3{sort}");
            let events = walk(&portal, &ada, &path).await;
            let visited: Vec<String> = events
                .iter()
                .map(|event| event["id"].as_str().expect("an id").to_owned())
                .collect();
            let once: BTreeSet<&String> = visited.iter().collect();
            assert_eq!(once.len(), visited.len(), "each event once");
            let missed = before
                .iter()
                .map(|line| address(line["id"].as_str().expect("an id")))
                .find(|id| !once.contains(id));
            assert_eq!(missed, None, "{sort}");
            let mut ordered = visited.clone();
            ordered.sort_unstable();
            if sort.is_empty() {
                ordered.reverse();
            }
            assert_eq!(visited, ordered, "{sort}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_log_that_is_longer_than_is_shown_at_a_time_is_walked_to_its_end() {
    scene(async {
        let (portal, ada) = logged().await;
        let count = 2_345;
        portal.copy_events(&ada, count).await;
        for sort in ["", "&_sort=date"] {
            let page = portal
                .get_as(&ada, &format!("/fhir/R4/AuditEvent?_count=100{sort}"))
                .await;
            assert_eq!(page.json()["total"], Value::Null, "it is not counted");
            assert!(page.says("OperationOutcome"), "which is said");
            let path = format!("/fhir/R4/AuditEvent?_count=100{sort}");
            let events = walk(&portal, &ada, &path).await;
            let once: BTreeSet<_> = events.iter().map(|it| it["id"].to_string()).collect();
            assert_eq!(once.len(), events.len(), "each event once");
            let copied = events.iter().filter(|it| {
                let request = entity(it, "XrequestId")[0];
                request["what"]["identifier"]["value"] == "copy"
            });
            assert_eq!(copied.count(), count, "{sort}");
        }
        let oldest = "/fhir/R4/AuditEvent?date=lt2025-01-01&_sort=date&_count=1";
        let oldest = found(&portal.get_as(&ada, oldest).await);
        let id = oldest[0]["id"].as_str().expect("an id");
        for path in [
            format!("/fhir/R4/AuditEvent/{id}"),
            format!("/fhir/R4/AuditEvent?_id={id}"),
        ] {
            assert!(portal.get_as(&ada, &path).await.says(id), "{path}");
        }
    })
    .await;
}

#[tokio::test]
async fn dates_are_stretches_of_time() {
    scene(async {
        let (portal, ada) = logged().await;
        portal.copy_events(&ada, 240).await;
        let all = walk(&portal, &ada, "/fhir/R4/AuditEvent?_count=50").await;
        let middle = all[all.len() / 2]["recorded"].as_str().expect("a moment");
        for test in [
            middle.to_owned(),
            format!("ge{middle}"),
            format!("gt{middle}"),
            format!("le{middle}"),
            format!("lt{middle}"),
            format!("ne{middle}"),
            format!("sa{middle}"),
            format!("eb{middle}"),
            "2024".to_owned(),
            "2024-01".to_owned(),
            "lt2024-02".to_owned(),
            "ge2024-02".to_owned(),
            "2024-01-03,2024-01-05".to_owned(),
            format!("ge2024-01-10&date=lt{middle}"),
        ] {
            let path = format!("/fhir/R4/AuditEvent?_count=100&date={test}");
            let found = walk(&portal, &ada, &path).await;
            let expected = all.iter().filter(|event| passes(event, &test));
            let expected: BTreeSet<_> = expected.map(|it| it["id"].to_string()).collect();
            let old = |it: &&Value| all.iter().any(|event| event["id"] == it["id"]);
            let found: BTreeSet<_> = found
                .iter()
                .filter(old)
                .map(|it| it["id"].to_string())
                .collect();
            assert_eq!(found, expected, "{test}");
        }
        let page = portal
            .get_as(&ada, "/fhir/R4/AuditEvent?date=2024-01&_summary=count")
            .await;
        let counted = all.iter().filter(|event| passes(event, "2024-01")).count();
        assert_eq!(page.json()["total"], counted);
    })
    .await;
}

/// The rules of dates, said plainly: texts of one zone are compared, that of the tenant where a date
/// has none of its own.
fn passes(event: &Value, test: &str) -> bool {
    let at = event["recorded"].as_str().expect("a moment");
    let moment: jiff::Timestamp = at.parse().expect("a moment");
    let zoned = moment.in_tz("Asia/Kabul").expect("a zone");
    let local = zoned.strftime("%FT%T").to_string();
    test.split("&date=").all(|test| {
        test.split(',').any(|test| {
            let (prefix, date) = if test.starts_with(char::is_numeric) {
                ("eq", test)
            } else {
                test.split_at(2)
            };
            let at = if date.ends_with('Z') { at } else { &local };
            let within = at.starts_with(date);
            match prefix {
                "eq" => within,
                "ne" => !within,
                "ge" => within || at > date,
                "gt" | "sa" => !within && at > date,
                "le" => within || at < date,
                _ => !within && at < date,
            }
        })
    })
}

#[tokio::test]
async fn a_read_has_a_tag_and_a_search_is_the_same_by_post() {
    scene(async {
        let (portal, ada) = looked_at().await;
        let events = found(&portal.get_as(&ada, "/fhir/R4/AuditEvent").await);
        let id = events[0]["id"].as_str().expect("an id");
        let path = format!("/fhir/R4/AuditEvent/{id}");
        let read = portal.get_as(&ada, &path).await;
        assert_eq!(read.json(), events[0]);
        let tag = read.header("etag").to_owned();
        assert!(tag.starts_with("W/\"1-"), "{tag}");
        let again = portal
            .get_with(&ada, &path, &[("If-None-Match", &tag)])
            .await;
        assert_eq!(again.status, 304);
        let form = [("_id", id), ("patient", ada.patient.as_str())];
        let posted = portal
            .post_form(&ada, "/fhir/R4/AuditEvent/_search", &form)
            .await;
        assert_eq!(found(&posted), [events[0].clone()]);
        let strict = [("Prefer", "handling=strict")];
        let refused = portal
            .get_with(&ada, "/fhir/R4/AuditEvent?agent=x", &strict)
            .await;
        assert_eq!(refused.status, 400);
    })
    .await;
}
