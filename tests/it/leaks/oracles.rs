//! What an answer tells about things that it does not show.

use super::*;

#[tokio::test]
async fn k3_counts_and_chains_tell_nothing_of_others() {
    scene(async {
        let Two { portal, ada, ben } = two().await;
        let own = portal
            .get_as(&ada, "/fhir/R4/Condition?_summary=count")
            .await;
        assert_eq!(own.json()["total"], 1);
        let path = format!(
            "/fhir/R4/Condition?_summary=count&_id=cht.condition-{}",
            "ben"
        );
        assert_eq!(portal.get_as(&ada, &path).await.json()["total"], 0);
        let other = format!("/fhir/R4/Condition?_summary=count&patient={}", ben.patient);
        let absent = "/fhir/R4/Condition?_summary=count&patient=nobody-at-all";
        let (other, absent) = (
            portal.get_as(&ada, &other).await,
            portal.get_as(&ada, absent).await,
        );
        assert_eq!((other.status, other.code()), (absent.status, absent.code()));
        assert_eq!(other.status, 403);
        for chained in [
            "/fhir/R4/Condition?subject.name=x",
            "/fhir/R4/Condition?patient.name=x",
            "/fhir/R4/Patient?_has:Condition:patient:code=x",
            "/fhir/R4/Condition?_filter=code%20eq%20x",
            "/fhir/R4/Condition?_query=x",
        ] {
            assert_eq!(portal.get_as(&ada, chained).await.status, 400, "{chained}");
        }
    })
    .await;
}

#[tokio::test]
async fn k9_absent_foreign_and_withheld_are_one_answer() {
    scene(async {
        let Two { portal, ada, .. } = two().await;
        let of = Fixture::of(&ada.patient);
        portal.put(
            &ada.tenant,
            &of.unreleased_lab("lab-secret", "2024-01-02", "718-7"),
        );
        let mut bodies = Vec::new();
        for id in ["lab.lab-nothing", "lab.lab-ben", "lab.lab-secret"] {
            for path in [
                format!("/fhir/R4/Observation/{id}"),
                format!("/v1/portal/results/labs/{id}"),
            ] {
                let answer = portal.get_as(&ada, &path).await;
                assert_eq!(answer.verdict(), "404 NOT_FOUND", "{path}");
                bodies.push((
                    path.starts_with("/fhir"),
                    without_correlation(answer.json()),
                ));
            }
        }
        for fhir in [true, false] {
            let mut of_face = bodies
                .iter()
                .filter(|(face, _)| *face == fhir)
                .map(|(_, body)| body);
            let first = of_face.next().expect("three of each");
            assert!(of_face.all(|body| body == first));
        }
        let own = portal
            .get_as(&ada, "/fhir/R4/Observation/lab.lab-ada")
            .await;
        assert_eq!(own.status, 200);
    })
    .await;
}

fn without_correlation(mut body: Value) -> Value {
    for name in ["correlationId", "instance", "timestamp"] {
        if let Some(members) = body.as_object_mut() {
            members.remove(name);
        }
    }
    if let Some(issue) = body["issue"].get_mut(0).and_then(Value::as_object_mut) {
        issue.remove("diagnostics");
    }
    body
}
