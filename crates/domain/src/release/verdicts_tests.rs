use portal_fhir::ResourceType;

use super::{Masks, Verdicts};
use crate::disclosure::Owned;
use crate::release::{Judge, ReleaseMode, Viewer, Withheld};
use crate::source::{RecordSet, Source};
use crate::tenant_config::TenantConfig;
use crate::testing::{at, claim_fetched, fetched, judged, owned, report, result, rules};

const PRELIMINARY: &str = r#""status":"preliminary""#;

fn results(texts: &[String]) -> Owned {
    owned(RecordSet::LaboratoryObservations, texts)
}

fn reports(texts: &[String]) -> Owned {
    owned(RecordSet::LaboratoryReports, texts)
}

fn of_reports(reports: &Owned, results: Option<&Owned>) -> Verdicts {
    let results = results.map(judged);
    let (rules, config) = (rules(ReleaseMode::ByStatus), TenantConfig::default());
    let judge = Judge::new(&rules, Source::Laboratory, &config, Viewer::PATIENT, at(0));
    Verdicts::of_reports(reports, results.as_slice(), &judge)
}

fn judged_report(results: Option<&Owned>, named: &[&str]) -> Option<Withheld> {
    of_reports(&reports(&[report("r", named)]), results).at(0)
}

#[test]
fn a_hidden_result_hides_its_report_and_nothing_else() {
    let results = results(&[result("good", ""), result("early", PRELIMINARY)]);
    let verdicts = judged(&results);
    assert_eq!(verdicts.of_id("lab.good"), Some(false));
    assert_eq!(verdicts.of_id("lab.early"), Some(true));
    let hidden = judged_report(Some(&results), &["good", "early"]);
    assert_eq!(hidden, Some(Withheld::HiddenResult));
    assert_eq!(judged_report(Some(&results), &["good"]), None);
}

#[test]
fn a_report_has_its_own_fault_before_that_of_its_results() {
    let results = results(&[result("early", PRELIMINARY)]);
    let text = report("r", &["early"]).replace("final", "registered");
    let verdicts = of_reports(&reports(&[text]), Some(&results));
    assert_eq!(verdicts.at(0), Some(Withheld::Status));
}

#[test]
fn a_report_waits_for_results_that_could_not_be_had() {
    assert_eq!(judged_report(None, &["any"]), Some(Withheld::HiddenResult));
    assert_eq!(judged_report(None, &[]), None);
}

#[test]
fn a_result_that_is_not_there_hides_its_report_only_in_a_set_with_holes() {
    let whole = results(&[result("good", "")]);
    assert_eq!(judged_report(Some(&whole), &["good", "gone"]), None);
    let mut cut = fetched(&[result("good", "")]);
    cut.capped = true;
    let (cut, _) = claim_fetched(RecordSet::LaboratoryObservations, cut);
    let hidden = judged_report(Some(&cut), &["good", "gone"]);
    assert_eq!(hidden, Some(Withheld::HiddenResult));
    assert_eq!(judged_report(Some(&cut), &["good"]), None);
}

#[test]
fn a_result_that_was_dropped_hides_its_report() {
    let foreign = result("gone", "").replace("Patient/pat_1", "Patient/pat_2");
    let unreadable = result("gone", "").replace(r#"[{"code":"laboratory"}]"#, "7");
    for dropped in [foreign, unreadable] {
        let results = results(&[result("good", ""), dropped]);
        assert_eq!(results.headers().count(), 1);
        let hidden = judged_report(Some(&results), &["good", "gone"]);
        assert_eq!(hidden, Some(Withheld::HiddenResult));
    }
}

#[test]
fn only_what_a_judged_set_withholds_is_masked() {
    let mut masks = Masks::default();
    masks.add(judged(&results(&[
        result("good", ""),
        result("early", PRELIMINARY),
    ])));
    assert!(masks.hides("Observation/lab.early"));
    for target in [
        "Observation/lab.good",
        "Observation/lab.gone",
        "Observation/lab.early.x",
        "Observation/early",
        "DiagnosticReport/lab.early",
        "Medication/lab.early",
        "#lab.early",
        "",
    ] {
        assert!(!masks.hides(target), "{target}");
    }
}

#[test]
fn a_reference_that_may_mean_either_source_is_masked_for_what_one_withholds() {
    let mut masks = Masks::default();
    masks.add(judged(&results(&[
        result("good", ""),
        result("early", PRELIMINARY),
    ])));
    assert!(masks.hides("Observation/cht.early"));
    assert!(!masks.hides("Observation/cht.good"));
    assert!(!masks.hides("Condition/cht.early"));
}

#[test]
fn what_could_not_be_judged_is_masked_unless_a_judged_set_knows_it() {
    let mut masks = Masks::default();
    masks.add(judged(&results(&[result("good", "")])));
    masks.add_unjudged(ResourceType::Observation);
    assert!(!masks.hides("Observation/lab.good"));
    assert!(masks.hides("Observation/cht.some"));
    assert!(!masks.hides("Condition/cht.some"));
}

#[test]
fn every_withheld_record_gives_one_reason() {
    let verdicts = judged(&results(&[
        result("a", PRELIMINARY),
        result("b", ""),
        result("c", r#""status":"entered-in-error""#),
    ]));
    let mut reasons: Vec<_> = verdicts.reasons().collect();
    reasons.sort_unstable();
    assert_eq!(reasons, [Withheld::Status, Withheld::EnteredInError]);
    assert_eq!(verdicts.at(3), None);
}
