//! The canary: marked names, dates, codes, values and ids go in by every way there is, and come
//! out in honest answers only.

use std::time::Duration;

use deadpool_redis::redis;
use portal_sandbox::{Fault, Mode};
use portal_tests::{Answer, Fixture, Person, PortalProcess, Servers};
use serde_json::{Value, json};
use tokio::time::timeout;
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

/// In every name, text and code of the record.
const TEXT: &str = "zyxqtext";
const BIRTH: &str = "1903-11-07";
const AMOUNT: &str = "8675309.25";
/// In every id of the record and of the person.
const IDENT: &str = "zyxqident";
/// In what callers send and the portal does not need.
const ASKED: &str = "zyxqasked";
/// In what a source says instead of a record.
const SAID: &str = "zyxqsaid";

const VALUES: [&str; 5] = [TEXT, BIRTH, AMOUNT, ASKED, SAID];
const EVERYTHING: [&str; 6] = [TEXT, BIRTH, AMOUNT, ASKED, SAID, IDENT];

/// The markers that bytes hold.
fn found<'m>(bytes: &[u8], markers: &[&'m str]) -> Vec<&'m str> {
    let text = String::from_utf8_lossy(bytes).to_lowercase();
    markers.iter().copied().filter(|marker| text.contains(marker)).collect()
}

fn assert_clean(place: &str, bytes: &[u8], markers: &[&str]) {
    let found = found(bytes, markers);
    assert!(found.is_empty(), "{place} holds {found:?}");
}

fn marked_patient(person: &Person) -> Value {
    let mut patient = Fixture::of(&person.patient).patient(&format!("{TEXT}family"));
    patient["birthDate"] = json!(BIRTH);
    patient["name"][0]["given"] = json!([format!("{TEXT}given")]);
    patient["identifier"] = json!([{"system": "urn:mrn", "value": format!("{TEXT}mrn")}]);
    patient["telecom"] = json!([{"system": "phone", "value": format!("{TEXT}phone")}]);
    patient["address"] = json!([{"line": [format!("{TEXT}street")], "city": format!("{TEXT}city")}]);
    patient
}

fn plant(portal: &PortalProcess, person: &Person) {
    let of = Fixture::of(&person.patient);
    let id = |name: &str| format!("{IDENT}-{name}");
    let mut lab = of.lab(&id("lab"), "2024-01-01", &format!("{TEXT}-1"));
    lab["valueQuantity"]["value"] = serde_json::from_str(AMOUNT).expect("a number");
    lab["note"] = json!([{"text": format!("{TEXT}note")}]);
    let mut hidden = of.unreleased_lab(&id("hidden"), "2024-01-02", &format!("{TEXT}-2"));
    hidden["note"] = json!([{"text": format!("{TEXT}hidden")}]);
    let mut malformed = of.condition(&id("malformed"), &format!("{TEXT}malformed"));
    malformed["onsetDateTime"] = json!(format!("{TEXT}date"));
    for resource in [
        marked_patient(person),
        of.allergy(&id("allergy"), &format!("{TEXT}allergy")),
        of.condition(&id("condition"), &format!("{TEXT}condition")),
        of.medication(&id("medication"), &format!("{TEXT}medication")),
        of.report(&id("report"), &[&id("lab")]),
        of.vital(&id("vital"), "2024-01-01", AMOUNT),
        lab,
        hidden,
        malformed,
    ] {
        portal.put(&resource);
    }
}

/// Another patient's resource among the answers of this one's.
fn plant_foreign(portal: &PortalProcess, person: &Person) {
    let foreign = Fixture::of(&format!("{IDENT}-other"));
    let foreign = foreign.condition(&format!("{IDENT}-foreign"), &format!("{TEXT}foreign"));
    portal
        .sandbox
        .put_resource_listed_for(
            &person.patient,
            "patient-chart",
            Some(&portal.tenant),
            foreign.to_string().into_bytes(),
        )
        .expect("a resource");
}

/// A source that says marked things in every wrong way, in turn.
async fn hostile_source() -> MockServer {
    let server = MockServer::start().await;
    let turn = std::sync::atomic::AtomicUsize::new(0);
    let respond = move |_: &Request| {
        let json = "application/fhir+json";
        let outcome = format!(r#"{{"resourceType":"OperationOutcome","text":"{SAID}"}}"#);
        match turn.fetch_add(1, std::sync::atomic::Ordering::Relaxed) % 5 {
            0 => ResponseTemplate::new(200).set_body_raw(format!("{{\"{SAID}\": {SAID}"), json),
            1 => ResponseTemplate::new(500).set_body_raw(outcome, json),
            2 => ResponseTemplate::new(200).set_body_raw(format!("<p>{SAID}</p>"), "text/html"),
            3 => ResponseTemplate::new(302).insert_header("location", format!("http://{SAID}/")),
            _ => ResponseTemplate::new(200).set_body_raw(outcome, json),
        }
    };
    Mock::given(any()).respond_with(respond).mount(&server).await;
    server
}

const HONEST: [&str; 14] = [
    "/v1/portal/chart/summary",
    "/v1/portal/chart/allergies",
    "/v1/portal/chart/medications",
    "/v1/portal/chart/vitals",
    "/v1/portal/chart/problems",
    "/v1/portal/results/labs",
    "/v1/portal/results/labs/lab.zyxqident-lab",
    "/v1/portal/me",
    "/fhir/R4/Patient",
    "/fhir/R4/AllergyIntolerance",
    "/fhir/R4/Condition",
    "/fhir/R4/Observation?category=laboratory",
    "/fhir/R4/DiagnosticReport/lab.zyxqident-report",
    "/fhir/R4/MedicationRequest?status=active",
];

const REFUSED: [&str; 18] = [
    "/v1/portal/results/labs/lab.zyxqident-absent",
    "/v1/portal/results/labs/lab.zyxqident-hidden",
    "/v1/portal/results/labs/%00%ff..%2f..%2fzyxqasked",
    "/v1/portal/results/labs?zyxqasked=1",
    "/v1/portal/results/labs?cursor=zyxqasked",
    "/v1/portal/chart/vitals?from=zyxqasked",
    "/v1/portal/chart/zyxqasked",
    "/v1/portal/me/access-log?eventType=zyxqasked",
    "/v1/portal/me/access-log?limit=99999999999999999999zyxqasked",
    "/zyxqasked",
    "/fhir/R4/Zyxqasked/zyxqasked",
    "/fhir/R4/Condition/cht.zyxqident-foreign",
    "/fhir/R4/Condition?patient=zyxqasked",
    "/fhir/R4/Condition?onset-date=zyxqasked",
    "/fhir/R4/Observation?_cursor=zyxqasked",
    "/fhir/R4/Observation?_count=zyxqasked",
    "/fhir/R4/Observation?code:zyxqasked=zyxqasked",
    "/fhir/R4/Patient?access_token=zyxqasked",
];

/// Headers that callers send and that nobody needs to keep.
fn marked_headers(request: reqwest::RequestBuilder) -> reqwest::RequestBuilder {
    request
        .header("user-agent", format!("{ASKED}agent/1.0"))
        .header("referer", format!("https://{ASKED}.example/{TEXT}"))
        .header("x-forwarded-for", ASKED)
        .header("x-custom", ASKED)
        .header("accept-language", format!("{ASKED}, en;q=0.5"))
        .header("if-none-match", format!("W/\"{ASKED}\""))
}

/// What was answered, honestly or not.
#[derive(Default)]
struct Answers {
    honest: Vec<(String, Answer)>,
    refused: Vec<(String, Answer)>,
}

impl Answers {
    async fn ask(&mut self, portal: &PortalProcess, name: &str, request: reqwest::RequestBuilder) {
        let answer = portal.send(marked_headers(request)).await.expect("the service answers");
        let kind = if answer.status < 400 { &mut self.honest } else { &mut self.refused };
        kind.push((name.to_owned(), answer));
    }

    async fn get(&mut self, portal: &PortalProcess, token: Option<&str>, path: &str) {
        self.ask(portal, path, portal.request(token, path)).await;
    }

    fn refusals(&self) -> usize {
        self.refused.len()
    }
}

/// Tokens that are refused, each for a reason of its own.
fn bad_tokens(portal: &PortalProcess, person: &Person) -> Vec<String> {
    let changes = [
        json!({"exp": 1_600_000_000, "iat": 1_599_999_900}),
        json!({"aud": [format!("{ASKED}-audience")]}),
        json!({"azp": format!("{ASKED}-client"), "aud": ["patient-portal"]}),
        json!({"tid": format!("{ASKED}-tenant")}),
        json!({"sub": format!("{ASKED}-subject")}),
        json!({"patient": format!("{ASKED}-patient")}),
        json!({"scope": format!("openid {ASKED}")}),
        json!({"acr": ASKED, "amr": [ASKED]}),
        json!({"_key": "unknown"}),
    ];
    let mut tokens: Vec<_> =
        changes.iter().map(|change| portal.token_with(person, change)).collect();
    tokens.push(format!("{ASKED}.{ASKED}.{ASKED}"));
    tokens
}

/// Every route of both faces, with what is honest and what is not.
async fn drive(portal: &PortalProcess, person: &Person) -> Answers {
    let token = portal.token_with(person, &json!({"name": format!("{ASKED}name")}));
    let token = Some(token.as_str());
    let mut answers = Answers::default();
    for path in HONEST.iter().chain(&HONEST).chain(&REFUSED) {
        answers.get(portal, token, path).await;
    }
    for bad in bad_tokens(portal, person) {
        for path in ["/v1/portal/chart/problems", "/fhir/R4/Condition", "/v1/portal/me"] {
            answers.get(portal, Some(&bad), path).await;
        }
    }
    answers.get(portal, None, "/fhir/R4/metadata").await;
    answers.get(portal, None, "/v1/portal/me").await;
    post(portal, &mut answers, token).await;
    for _ in 0..5 {
        answers.get(portal, token, "/v1/portal/chart/immunizations").await;
        answers.get(portal, token, "/fhir/R4/Immunization/imm.zyxqident-shot").await;
    }
    answers
}

async fn post(portal: &PortalProcess, answers: &mut Answers, token: Option<&str>) {
    let client = reqwest::Client::new();
    let form = "application/x-www-form-urlencoded";
    for (path, content_type, body) in [
        ("/fhir/R4/Condition/_search", form, format!("code={ASKED}")),
        ("/fhir/R4/Condition/_search", form, format!("{ASKED}=%zz{ASKED}")),
        ("/fhir/R4/Condition/_search", "application/json", format!("{{\"{ASKED}\":1}}")),
        ("/v1/portal/me", "application/json", format!("{{\"{ASKED}\":")),
        ("/v1/portal/chart/problems", "text/plain", ASKED.repeat(40_000)),
    ] {
        let request = client
            .post(format!("{}{path}", portal.url()))
            .header("content-type", content_type)
            .bearer_auth(token.expect("a token"))
            .body(body);
        answers.ask(portal, path, request).await;
    }
}

/// Failures of sources, met by somebody of whom nothing is cached.
async fn drive_failures(portal: &PortalProcess, people: &[Person], answers: &mut Answers) {
    let faults = [
        Fault::status(503),
        Fault::status(400),
        Fault::mode(Mode::Garbage),
        Fault::mode(Mode::Truncated),
        Fault::mode(Mode::DuplicateMembers),
        Fault::mode(Mode::WrongContentType),
        Fault::mode(Mode::Redirect),
        Fault::mode(Mode::NextElsewhere),
    ];
    for (person, fault) in people.iter().zip(faults) {
        plant(portal, person);
        for source in ["registration", "patient-chart", "laboratory", "medication"] {
            portal.sandbox.set_fault(source, fault.clone());
        }
        let token = portal.token(person);
        for path in HONEST {
            answers.get(portal, Some(&token), path).await;
        }
        portal.sandbox.clear_faults();
    }
}

/// Every key and value of Redis, as bytes.
async fn redis_contents(url: &str) -> Vec<Vec<u8>> {
    let client = redis::Client::open(url).expect("a URL");
    let mut connection = client.get_multiplexed_async_connection().await.expect("Redis answers");
    let keys: Vec<Vec<u8>> =
        redis::cmd("KEYS").arg("*").query_async(&mut connection).await.expect("keys");
    let mut contents = Vec::new();
    for key in keys {
        // A key of another type would be an error here, and a reason to look.
        let value: Vec<u8> =
            redis::cmd("GET").arg(&key).query_async(&mut connection).await.expect("a string");
        contents.extend([key, value]);
    }
    contents
}

/// Every row of every table, as text.
async fn database_contents(servers: &Servers) -> Vec<(String, String)> {
    let database = servers.database().await;
    let tables: Vec<String> = sqlx::query_scalar(
        "SELECT tablename::text FROM pg_tables WHERE schemaname = 'public'",
    )
    .fetch_all(&database)
    .await
    .expect("tables are listed");
    let mut contents = Vec::new();
    for table in tables {
        let rows: Vec<String> =
            sqlx::query_scalar(sqlx::AssertSqlSafe(format!("SELECT t::text FROM \"{table}\" t")))
                .fetch_all(&database)
                .await
                .expect("tables can be read");
        contents.extend(rows.into_iter().map(|row| (table.clone(), row)));
    }
    contents
}

fn assert_answers(answers: &Answers) {
    for marker in [TEXT, BIRTH, AMOUNT, IDENT] {
        let shown = answers.honest.iter().any(|(_, answer)| {
            found(&answer.body, &[marker]) == [marker]
        });
        assert!(shown, "{marker} is in honest answers");
    }
    for (name, answer) in &answers.honest {
        let markers = [SAID, "zyxqtexthidden", "zyxqtextforeign"];
        assert_clean(name, &answer.body, &markers);
    }
    for (name, answer) in &answers.refused {
        let place = format!("the refusal {} of {name}", answer.verdict());
        assert_clean(&place, &answer.body, &EVERYTHING);
        assert_clean(&place, format!("{:?}", answer.headers).as_bytes(), &EVERYTHING);
    }
}

async fn assert_sinks(portal: &PortalProcess, person: &Person) {
    let output = portal.output();
    assert!(output.lines().count() > 100, "there are log lines");
    for line in output.lines() {
        let found = found(line.as_bytes(), &EVERYTHING);
        assert!(found.is_empty(), "a log line holds {found:?}: {line}");
        assert!(!line.contains("eyJ"), "a log line holds a token");
    }
    for path in ["/metrics", "/health"] {
        assert_clean(path, &portal.admin(path).await.body, &EVERYTHING);
    }
    let redis = redis_contents(portal.servers.url("REDIS_URL")).await;
    assert!(!redis.is_empty(), "records are cached");
    redis.iter().for_each(|bytes| assert_clean("Redis", bytes, &EVERYTHING));
    let messages = portal.published().await;
    assert!(messages.iter().any(|message| !found(&message.payload, &[IDENT]).is_empty()));
    for message in &messages {
        assert_clean("a message", &message.payload, &VALUES);
        assert_clean("a message", &message.payload, &[&person.subject]);
    }
    for (table, row) in database_contents(&portal.servers).await {
        // The names of parameters are kept, also of those that do not exist.
        let markers = if table.starts_with("access_events") { &VALUES[..3] } else { &VALUES };
        assert_clean(&table, row.as_bytes(), markers);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_marked_is_in_honest_answers_and_nowhere_else() {
    let scene = async {
        let hostile = hostile_source().await;
        let servers = Servers::start("canary").await;
        let mut portal = PortalProcess::install("canary", servers).await;
        portal.set("LOG_LEVEL", "trace");
        portal.set("IMMUNIZATIONS_URL", &format!("{}/fhir", hostile.uri()));
        portal.start(&[]).await;
        let people = portal.people(&[IDENT; 9]).await;
        let (person, others) = people.split_first().expect("nine people");
        plant(&portal, person);
        plant_foreign(&portal, person);
        let mut answers = drive(&portal, person).await;
        drive_failures(&portal, others, &mut answers).await;
        assert!(answers.refusals() > 50, "much was refused");
        portal.published_once(Duration::from_secs(20)).await;
        assert_answers(&answers);
        assert_sinks(&portal, person).await;
        let service = portal.service.take().expect("it was started");
        service.signal("TERM");
        let ended = service.end(Duration::from_secs(30)).await;
        assert_clean("the last lines", ended.output().as_bytes(), &EVERYTHING);
    };
    timeout(Duration::from_secs(120), scene).await.expect("the scene ends");
}
