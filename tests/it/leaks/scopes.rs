//! What a token opens.

use super::*;

#[tokio::test]
async fn k4_a_scope_opens_its_own_type_only() {
    scene(async {
        let Two { portal, ada, .. } = two().await;
        let token = portal.token_with(&ada, &json!({"scope": "patient/Observation.read"}));
        let allowed = portal.get(Some(&token), "/fhir/R4/Observation").await;
        assert_eq!(ids(&allowed).len(), 2);
        for name in [
            "Condition",
            "AllergyIntolerance",
            "MedicationRequest",
            "Patient",
            "Immunization",
            "DiagnosticReport",
        ] {
            let answer = portal.get(Some(&token), &format!("/fhir/R4/{name}")).await;
            assert_eq!(answer.verdict(), "403 INSUFFICIENT_SCOPE", "{name}");
        }
    })
    .await;
}

#[tokio::test]
async fn k29_malformed_scopes_never_widen() {
    scene(async {
        let Two { portal, ada, .. } = two().await;
        for scope in [
            "patient/condition.read",
            "patient/Condition.sr",
            "patient/Condition.rsread",
            "patient/Condition.read?category=x",
            "Patient/Condition.read",
            "user/Condition.read",
            "system/*.*",
            "patient/Condition",
            "patient/.read",
            "patient/**.read",
            "patient/Observation.read patient/Condition.reads",
            "",
        ] {
            let token = portal.token_with(&ada, &json!({"scope": scope}));
            let answer = portal.get(Some(&token), "/fhir/R4/Condition").await;
            assert_eq!(answer.verdict(), "403 INSUFFICIENT_SCOPE", "{scope}");
        }
        for scope in [
            "patient/Condition.read",
            "patient/Condition.rs",
            "patient/*.read x patient/y",
        ] {
            let token = portal.token_with(&ada, &json!({"scope": scope}));
            assert_eq!(
                portal.get(Some(&token), "/fhir/R4/Condition").await.status,
                200,
                "{scope}"
            );
        }
    })
    .await;
}

#[tokio::test]
async fn k17_scope_is_asked_before_whose_it_is() {
    scene(async {
        let Two { portal, ada, ben } = two().await;
        let narrow = portal.token_with(&ada, &json!({"scope": "patient/Patient.read"}));
        portal.sandbox.reset_calls();
        for id in ["cht.condition-ada", "cht.condition-ben", "cht.nothing"] {
            let path = format!("/fhir/R4/Condition/{id}");
            let answer = portal.get(Some(&narrow), &path).await;
            assert_eq!(answer.verdict(), "403 INSUFFICIENT_SCOPE", "{id}");
        }
        let named = format!("/fhir/R4/Condition?patient={}", ben.patient);
        let answer = portal.get(Some(&narrow), &named).await;
        assert_eq!(answer.verdict(), "403 INSUFFICIENT_SCOPE");
        assert!(
            portal.sandbox.calls("patient-chart").is_empty(),
            "nothing was looked up"
        );
        let own = portal
            .get_as(&ada, "/fhir/R4/Condition/cht.condition-ada")
            .await;
        assert_eq!(own.status, 200);
    })
    .await;
}

#[tokio::test]
async fn k18_an_honest_read_needs_no_search_before_it() {
    scene(async {
        let Two { portal, ada, .. } = two().await;
        let carer = portal.caregiver("carer").await;
        let delegation = portal.delegate(&ada, &carer, &json!({})).await;
        let launched = portal.launched(&carer, &ada);
        for (name, id) in [
            ("Condition", "cht.condition-ada"),
            ("AllergyIntolerance", "cht.allergy-ada"),
            ("Observation", "lab.lab-ada"),
            ("Observation", "cht.vital-ada"),
            ("MedicationRequest", "med.medication-ada"),
            ("Patient", ada.patient.as_str()),
        ] {
            let path = format!("/fhir/R4/{name}/{id}");
            assert_eq!(portal.get_as(&ada, &path).await.json()["id"], id);
            assert_eq!(portal.get(Some(&launched), &path).await.json()["id"], id);
        }
        let path = "/v1/portal/results/labs/lab.lab-ada";
        assert_eq!(portal.get_as(&ada, path).await.status, 200);
        assert_eq!(portal.get_for(&carer, &delegation, path).await.status, 200);
    })
    .await;
}
