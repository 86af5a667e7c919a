//! One server behind several sources is read once for all of them.

use portal_tests::{Answer, Fixture, Person, TestOptions, TestPortal, scene};

struct One {
    portal: TestPortal,
    ada: Person,
}

/// Every source is one server; Ada has one record of each kind there.
async fn one() -> One {
    let portal = TestPortal::with(TestOptions {
        one_base: Some("platform"),
        ..TestOptions::default()
    })
    .await;
    let tenant = portal.tenant.clone();
    let ada = Person::new(&tenant, "ada");
    portal.admit(&ada).await;
    let of = Fixture::of(&ada.patient);
    let mut records = of.everything("ada");
    records.extend([of.patient("ada"), of.radiology_report("rad-ada")]);
    for record in records {
        portal.put_text(&tenant, "platform", &record.to_string());
    }
    One { portal, ada }
}

impl One {
    async fn get(&self, path: &str) -> Answer {
        self.portal.get_as(&self.ada, path).await
    }

    /// How often the server was asked for a type.
    fn calls(&self, kind: &str) -> usize {
        let calls = self.portal.sandbox.calls("platform");
        let path = format!("/platform/fhir/{kind}?");
        let of_type = calls
            .iter()
            .filter(|call| call.path_and_query.starts_with(&path));
        of_type.count()
    }
}

#[tokio::test]
async fn a_type_is_asked_for_once_whichever_sources_hold_it() {
    scene(async {
        let one = one().await;
        let observations = one.get("/fhir/R4/Observation").await;
        let mut ids = observations.ids();
        ids.sort();
        assert_eq!(ids, ["lab-ada", "vital-ada"]);
        assert_eq!(one.calls("Observation"), 1);
        let reports = one.get("/fhir/R4/DiagnosticReport").await;
        let mut ids = reports.ids();
        ids.sort();
        assert_eq!(ids, ["rad-ada", "report-ada"]);
        assert_eq!(
            (one.calls("Observation"), one.calls("DiagnosticReport")),
            (1, 1)
        );
        for path in [
            "/fhir/R4/Observation?category=laboratory",
            "/v1/portal/results/labs",
        ] {
            assert_eq!(one.get(path).await.status, 200, "{path}");
        }
        assert_eq!(
            (one.calls("Observation"), one.calls("DiagnosticReport")),
            (1, 1)
        );
    })
    .await;
}

#[tokio::test]
async fn callers_at_the_same_time_and_records_by_id_cost_one_call() {
    scene(async {
        let one = one().await;
        let (a, b, c) = tokio::join!(
            one.get("/fhir/R4/Observation?category=laboratory"),
            one.get("/fhir/R4/Observation?category=vital-signs"),
            one.get("/fhir/R4/Observation"),
        );
        assert_eq!([a.ids().len(), b.ids().len(), c.ids().len()], [1, 1, 2]);
        assert_eq!(one.calls("Observation"), 1);
        let one = self::one().await;
        assert_eq!(one.get("/fhir/R4/Observation/lab-ada").await.status, 200);
        assert_eq!(one.calls("Observation"), 1);
        assert_eq!(one.get("/fhir/R4/Observation/absent").await.status, 404);
        assert_eq!(one.calls("Observation"), 2);
    })
    .await;
}

#[tokio::test]
async fn the_status_of_each_source_is_said() {
    scene(async {
        let one = one().await;
        let statuses = |answer: &Answer| {
            let sources = answer.json()["meta"]["sources"].clone();
            let sources = sources.as_array().cloned().unwrap_or_default();
            let texts = sources
                .iter()
                .map(|source| format!("{} {}", source["source"], source["status"]));
            texts.collect::<Vec<_>>().join(", ").replace('"', "")
        };
        let labs = one.get("/v1/portal/results/labs").await;
        assert_eq!(statuses(&labs), "laboratory fresh, patient-chart fresh");
        let again = one.get("/v1/portal/results/labs").await;
        assert_eq!(statuses(&again), "laboratory cached, patient-chart cached");
        one.portal
            .clock
            .advance(jiff::SignedDuration::from_secs(31));
        let down = portal_sandbox::Fault::mode(portal_sandbox::Mode::Garbage);
        one.portal.sandbox.set_fault("platform", down);
        let stale = one.get("/v1/portal/results/labs").await;
        assert_eq!(statuses(&stale), "laboratory stale, patient-chart stale");
    })
    .await;
}
