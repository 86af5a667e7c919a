//! Code lists: reading them, and finding codes in them.

use serde_json::{Value, json};

use super::{CodeLists, SensitivityCategory as Category, SensitivitySet, coding};
use crate::document::DocumentFault;

fn lists(document: &Value) -> CodeLists {
    CodeLists::parse(document, "").unwrap()
}

fn faults(document: &Value) -> Vec<(String, &'static str)> {
    let faults = CodeLists::parse(document, "/at").unwrap_err();
    let of = |DocumentFault { pointer, message }| (pointer, message);
    faults.into_iter().map(of).collect()
}

fn set(categories: &[Category]) -> SensitivitySet {
    SensitivitySet::of(categories.iter().copied())
}

fn two() -> CodeLists {
    lists(&json!({
        "genetic": [{"system": "x", "codes": ["A", "B1*", "B12*", "é1*"]}],
        "hiv-sti": [{"system": "x", "codes": ["A", "B12*"]}, {"system": "y", "codes": ["A*"]}],
    }))
}

#[test]
fn a_code_is_found_whole_or_by_a_beginning_in_every_list_that_has_it() {
    let both = &[Category::Genetic, Category::HivSti][..];
    for (system, code, expected) in [
        ("x", "A", both),
        ("x", "A1", &[]),
        ("x", "a", &[]),
        ("x", "B1", &[Category::Genetic]),
        ("x", "B11", &[Category::Genetic]),
        ("x", "B12", both),
        ("x", "B12.3", both),
        ("x", "B", &[]),
        ("x", "", &[]),
        ("x", "é1", &[Category::Genetic]),
        ("x", "é", &[]),
        ("x", "aé1", &[]),
        ("y", "A", &[Category::HivSti]),
        ("y", "AB", &[Category::HivSti]),
        ("y", "B1", &[]),
        ("z", "A", &[]),
        ("", "A", &[]),
    ] {
        let found = two().of(&coding(Some(system), Some(code)));
        assert_eq!(found, set(expected), "{system}|{code}");
    }
}

#[test]
fn a_code_without_a_system_is_looked_for_in_all() {
    for (code, expected) in [
        ("A", &[Category::Genetic, Category::HivSti][..]),
        ("AB", &[Category::HivSti]),
        ("B1", &[Category::Genetic]),
        ("C", &[]),
    ] {
        assert_eq!(two().of(&coding(None, Some(code))), set(expected), "{code}");
    }
    assert_eq!(two().of(&coding(Some("x"), None)), SensitivitySet::NONE);
    assert_eq!(two().of(&coding(None, None)), SensitivitySet::NONE);
}

#[test]
fn lists_of_one_system_in_two_places_count_together() {
    let split = lists(&json!({
        "genetic": [{"system": "x", "codes": ["A"]}, {"system": "x", "codes": ["B1*", "B12*"]}],
        "hiv-sti": [{"system": "y", "codes": ["A*"]}, {"system": "x", "codes": ["A", "B12*"]}],
    }));
    for code in ["A", "B1", "B12", "B", "C"] {
        let coding = coding(Some("x"), Some(code));
        assert_eq!(split.of(&coding), two().of(&coding), "{code}");
    }
}

#[test]
fn every_fault_of_a_document_has_its_place() {
    let expected = "expected 1 to 64 characters, `*` only at the end";
    let long = "x".repeat(65);
    let document = json!({
        "genetic": [
            {"system": "x", "codes": ["A", "", "*", "A**", "A*B", long, 7, "a\u{0}"]},
            {"codes": ["A"]},
            {"system": "", "codes": []},
            {"system": "x".repeat(201), "codes": []},
            {"system": "x", "codes": "A", "name": "of nobody"},
            "x",
        ],
        "hiv-sti": {},
        "genetics": [],
        "PHI of somebody": [],
    });
    let mut found = faults(&document);
    found.sort_unstable();
    let system = "expected a code system's URI";
    let mut all: Vec<_> = [1, 2, 3, 4, 5, 6, 7]
        .map(|at| (format!("/at/genetic/0/codes/{at}"), expected))
        .to_vec();
    all.extend([
        ("/at".to_owned(), "is not a sensitive category"),
        ("/at/genetic/1/system".to_owned(), "is missing"),
        ("/at/genetic/2/system".to_owned(), system),
        ("/at/genetic/3/system".to_owned(), system),
        ("/at/genetic/4/codes".to_owned(), "expected an array"),
        ("/at/genetic/4/name".to_owned(), "is not a known member"),
        ("/at/genetic/5".to_owned(), "expected an object"),
        ("/at/genetics".to_owned(), "is not a sensitive category"),
        ("/at/hiv-sti".to_owned(), "expected an array"),
    ]);
    all.sort_unstable();
    assert_eq!(found, all);
    assert_eq!(
        faults(&json!([])),
        [("/at".to_owned(), "expected an object")]
    );
}

#[test]
fn the_bounds_of_a_list_are_what_they_say() {
    let code = |length: usize| json!({"genetic": [{"system": "x", "codes": ["c".repeat(length)]}]});
    assert!(CodeLists::parse(&code(64), "").is_ok());
    assert!(CodeLists::parse(&code(65), "").is_err());
    let system = |length: usize| json!({"genetic": [{"system": "s".repeat(length), "codes": []}]});
    assert!(CodeLists::parse(&system(200), "").is_ok());
    let many = |count: usize| {
        let codes: Vec<String> = (0..count / 2).map(|code| code.to_string()).collect();
        let half = json!([{"system": "x", "codes": codes}]);
        json!({"genetic": half, "violence": half})
    };
    assert!(CodeLists::parse(&many(20_000), "").is_ok());
    assert_eq!(
        faults(&many(20_002)),
        [("/at".to_owned(), "holds more than 20,000 codes")]
    );
}

#[test]
fn the_shipped_lists_know_every_category_but_restricted() {
    let shipped = CodeLists::shipped();
    let icd = |code| shipped.of(&coding(Some("http://hl7.org/fhir/sid/icd-10"), Some(code)));
    for (code, category) in [
        ("F32.1", Category::MentalHealth),
        ("F10", Category::SubstanceUse),
        ("O80", Category::SexualReproductive),
        ("B20", Category::HivSti),
        ("D57.1", Category::Genetic),
        ("T74.1", Category::Violence),
    ] {
        assert_eq!(icd(code), set(&[category]), "{code}");
    }
    for code in ["J45", "I10", "E11.9", "S72"] {
        assert_eq!(icd(code), SensitivitySet::NONE, "{code}");
    }
}
