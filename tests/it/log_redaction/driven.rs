//! What is asked: every route of both faces, well and badly.

use portal_sandbox::{Fault, Mode};
use portal_tests::{Answer, Person, PortalProcess};
use serde_json::json;

use super::planted::plant;
use super::{ASKED, ENDED, TEXT};

pub(super) const HONEST: [&str; 48] = [
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
    "/v1/portal/chart/documents",
    "/v1/portal/chart/timeline",
    "/v1/portal/documents/doc.zyxqident-documentreference/content",
    "/v1/portal/results/labs/trends?code=zyxqtext-1",
    "/v1/portal/results/radiology",
    "/v1/portal/medications",
    "/v1/portal/coverage",
    "/v1/portal/eob",
    "/v1/portal/eob/clm.zyxqident-explanationofbenefit",
    "/v1/portal/billing/statements",
    "/v1/portal/billing/statements/clm.zyxqident-statement",
    "/v1/portal/appointments",
    "/v1/portal/appointments/sch.zyxqident-appointment",
    "/v1/portal/appointments/sch.zyxqident-appointment/calendar",
    "/v1/portal/messages",
    "/v1/portal/messages/com.zyxqident-communication",
    "/v1/portal/demographics",
    "/v1/portal/providers",
    "/fhir/R4/ImagingStudy",
    "/fhir/R4/MedicationDispense?_include=MedicationDispense:medication",
    "/fhir/R4/Appointment",
    "/fhir/R4/Coverage?_revinclude=Provenance:target",
    "/fhir/R4/ExplanationOfBenefit",
    "/fhir/R4/Communication",
    "/fhir/R4/DocumentReference",
    "/fhir/R4/Binary/doc.zyxqident-binary",
    "/fhir/R4/Encounter",
    "/fhir/R4/Procedure",
    "/fhir/R4/CarePlan",
    "/fhir/R4/CareTeam",
    "/fhir/R4/Goal",
    "/fhir/R4/ServiceRequest",
    "/fhir/R4/Specimen",
    "/fhir/R4/Provenance",
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
pub(super) struct Answers {
    pub(super) honest: Vec<(String, Answer)>,
    pub(super) refused: Vec<(String, Answer)>,
}

impl Answers {
    pub(super) async fn ask(
        &mut self,
        portal: &PortalProcess,
        name: &str,
        request: reqwest::RequestBuilder,
    ) {
        let answer = portal
            .send(marked_headers(request))
            .await
            .expect("the service answers");
        let kind = if answer.status < 400 {
            &mut self.honest
        } else {
            &mut self.refused
        };
        kind.push((name.to_owned(), answer));
    }

    pub(super) async fn get(&mut self, portal: &PortalProcess, token: Option<&str>, path: &str) {
        self.ask(portal, path, portal.request(token, path)).await;
    }

    pub(super) fn refusals(&self) -> usize {
        self.refused.len()
    }
}

/// Tokens that are refused, each for a reason of its own.
fn bad_tokens(portal: &PortalProcess, person: &Person) -> Vec<String> {
    let changes = [
        json!({"exp": 1_600_000_000, "iat": 1_599_999_900}),
        json!({"aud": [format!("{ASKED}-audience")]}),
        json!({"azp": format!("{ASKED}-client"), "aud": ["patient-portal"]}),
        json!({"tid": "tenant-that-nobody-knows"}),
        json!({"sub": format!("{ASKED}-subject")}),
        json!({"patient": format!("{ASKED}-patient")}),
        json!({"scope": format!("openid {ASKED}")}),
        json!({"acr": ASKED, "amr": [ASKED]}),
        json!({"_key": "unknown"}),
    ];
    let mut tokens: Vec<_> = changes
        .iter()
        .map(|change| portal.token_with(person, change))
        .collect();
    tokens.push(format!("{ASKED}.{ASKED}.{ASKED}"));
    tokens
}

/// Every route of both faces, with what is honest and what is not.
pub(super) async fn drive(portal: &PortalProcess, person: &Person) -> Answers {
    let token = portal.token_with(person, &json!({
        "name": format!("{ASKED}name"), "sid": format!("{ENDED}-sid"), "jti": format!("{ENDED}-jti"),
    }));
    let token = Some(token.as_str());
    let mut answers = Answers::default();
    for path in HONEST.iter().chain(&HONEST) {
        answers.get(portal, token, path).await;
    }
    let refused: Vec<_> = answers.refused.iter().map(|(path, _)| path).collect();
    assert!(refused.is_empty(), "honest, and refused: {refused:?}");
    for path in REFUSED {
        answers.get(portal, token, path).await;
    }
    for bad in bad_tokens(portal, person) {
        for path in [
            "/v1/portal/chart/problems",
            "/fhir/R4/Condition",
            "/v1/portal/me",
        ] {
            answers.get(portal, Some(&bad), path).await;
        }
    }
    answers.get(portal, None, "/fhir/R4/metadata").await;
    answers.get(portal, None, "/v1/portal/me").await;
    post(portal, &mut answers, token).await;
    for _ in 0..5 {
        answers
            .get(portal, token, "/v1/portal/chart/immunizations")
            .await;
        answers
            .get(portal, token, "/fhir/R4/Immunization/imm.zyxqident-shot")
            .await;
    }
    answers
}

async fn post(portal: &PortalProcess, answers: &mut Answers, token: Option<&str>) {
    let client = reqwest::Client::new();
    let form = "application/x-www-form-urlencoded";
    for (path, content_type, body) in [
        ("/fhir/R4/Condition/_search", form, format!("code={ASKED}")),
        (
            "/fhir/R4/Condition/_search",
            form,
            format!("{ASKED}=%zz{ASKED}"),
        ),
        (
            "/fhir/R4/Condition/_search",
            "application/json",
            format!("{{\"{ASKED}\":1}}"),
        ),
        (
            "/v1/portal/me",
            "application/json",
            format!("{{\"{ASKED}\":"),
        ),
        (
            "/v1/portal/chart/problems",
            "text/plain",
            ASKED.repeat(40_000),
        ),
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
pub(super) async fn drive_failures(
    portal: &PortalProcess,
    people: &[Person],
    answers: &mut Answers,
) {
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

/// PostgreSQL and NATS are gone for a while: what adapters say about it is written down, too.
pub(super) async fn drive_without_stores(
    portal: &PortalProcess,
    person: &Person,
    answers: &mut Answers,
) {
    portal.servers.kill("nats");
    portal.servers.kill("postgres");
    let token = portal.token(person);
    let before = answers.refusals();
    for path in HONEST {
        answers.get(portal, Some(&token), path).await;
    }
    assert!(
        answers.refusals() > before,
        "nothing is shown without the journal"
    );
    portal.servers.restart("postgres").await;
    portal.servers.restart("nats").await;
}
