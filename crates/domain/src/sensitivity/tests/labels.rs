//! Labels: what each says, and what an unknown one may mean.

use super::super::labels::{Label, read};
use super::{SensitivityCategory as Category, coding};

const ACT_CODE: &str = "http://terminology.hl7.org/CodeSystem/v3-ActCode";
const CONFIDENTIALITY: &str = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality";

const fn is(category: Category) -> Label {
    Label::Sensitive(category)
}

#[test]
fn labels_of_known_systems_say_what_is_sensitive() {
    for (system, code, expected) in [
        (CONFIDENTIALITY, "U", Label::Neutral),
        (CONFIDENTIALITY, "L", Label::Neutral),
        (CONFIDENTIALITY, "M", Label::Neutral),
        (CONFIDENTIALITY, "N", Label::Neutral),
        (CONFIDENTIALITY, "R", is(Category::Restricted)),
        (CONFIDENTIALITY, "V", is(Category::Restricted)),
        (CONFIDENTIALITY, "X", Label::Unknown),
        (CONFIDENTIALITY, "n", Label::Unknown),
        (CONFIDENTIALITY, "HIV", Label::Unknown),
        (ACT_CODE, "PSY", is(Category::MentalHealth)),
        (ACT_CODE, "MH", is(Category::MentalHealth)),
        (ACT_CODE, "ETH", is(Category::SubstanceUse)),
        (ACT_CODE, "SUD", is(Category::SubstanceUse)),
        (ACT_CODE, "SEX", is(Category::SexualReproductive)),
        (ACT_CODE, "HIV", is(Category::HivSti)),
        (ACT_CODE, "STD", is(Category::HivSti)),
        (ACT_CODE, "GDIS", is(Category::Genetic)),
        (ACT_CODE, "SDV", is(Category::Violence)),
        (ACT_CODE, "TBOO", is(Category::Restricted)),
        (ACT_CODE, "hiv", Label::Unknown),
        (ACT_CODE, "NOAUTH", Label::Unknown),
        (ACT_CODE, "R", Label::Unknown),
        (
            "http://terminology.hl7.org/CodeSystem/v3-ActReason",
            "TREAT",
            Label::Neutral,
        ),
        (
            "http://terminology.hl7.org/CodeSystem/v3-ObservationValue",
            "SUBSETTED",
            Label::Neutral,
        ),
        (
            "http://terminology.hl7.org/CodeSystem/v3-RoleCode",
            "PAYOR",
            Label::Neutral,
        ),
        ("urn:local", "N", Label::Unknown),
        ("urn:local", "HIV", Label::Unknown),
        ("", "N", Label::Unknown),
    ] {
        let label = coding(Some(system), Some(code));
        assert_eq!(read(&label), expected, "{system}|{code}");
    }
}

#[test]
fn a_label_without_a_system_is_believed_as_far_as_it_restricts() {
    for (code, expected) in [
        ("N", Label::Unknown),
        ("R", is(Category::Restricted)),
        ("V", is(Category::Restricted)),
        ("HIV", is(Category::HivSti)),
        ("PSY", is(Category::MentalHealth)),
        ("TREAT", Label::Unknown),
        ("", Label::Unknown),
    ] {
        assert_eq!(read(&coding(None, Some(code))), expected, "{code}");
    }
}

#[test]
fn a_label_without_a_code_may_mean_anything() {
    for system in [None, Some(ACT_CODE), Some(CONFIDENTIALITY)] {
        assert_eq!(read(&coding(system, None)), Label::Unknown);
    }
}
