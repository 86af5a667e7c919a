use RejectedScope as R;

use super::*;

#[test]
fn words_and_letters_of_a_type_or_of_all() {
    for (text, letters) in [
        ("read", Letters::READ),
        ("write", Letters::WRITE),
        ("*", Letters::ALL),
        ("rs", Letters::READ),
        ("cud", Letters::WRITE),
        ("cruds", Letters::ALL),
    ] {
        let scope = parse_scope(&format!("patient/Observation.{text}"));
        let one_type = ParsedScope::PatientType(ResourceType::Observation, letters);
        assert_eq!(scope, Ok(one_type), "{text}");
        let scope = parse_scope(&format!("patient/*.{text}"));
        assert_eq!(scope, Ok(ParsedScope::PatientAny(letters)), "{text}");
    }
}

#[test]
fn what_is_no_record_scope_stands_aside() {
    for text in [
        "fhirUser",
        "launch",
        "launch/patient",
        "offline_access",
        "OpenId",
        "patient",
        "user/*.read",
        "user/Practitioner.rs",
        "system/Observation.rs?category=laboratory",
        "other/Observation.rs",
    ] {
        assert_eq!(parse_scope(text), Ok(ParsedScope::Other), "{text}");
    }
}

#[test]
fn a_scope_outside_the_grammar_is_refused() {
    for (text, reason) in [
        ("Patient/Observation.read", R::UnknownLevel),
        ("PATIENT/*.read", R::UnknownLevel),
        ("User/*.read", R::UnknownLevel),
        ("patient/", R::Malformed),
        ("patient/Observation", R::Malformed),
        ("patient/Observation?category=a.rs", R::Malformed),
        ("patient/observation.read", R::UnknownType),
        ("patient/OBSERVATION.read", R::UnknownType),
        ("patient/Observatio.read", R::UnknownType),
        ("patient/Group.read", R::UnknownType),
        ("patient/.read", R::UnknownType),
        ("patient/**.read", R::UnknownType),
        ("patient/Observation/1.read", R::UnknownType),
    ] {
        assert_eq!(parse_scope(text), Err(reason), "{text}");
    }
}

#[test]
fn permissions_outside_the_grammar_are_refused() {
    for text in [
        "",
        "sr",
        "rr",
        "rx",
        "R",
        "rs ",
        "Read",
        "READ",
        "WRITE",
        "reads",
        "read,write",
        "rs*",
        "*rs",
        "**",
        "crudss",
        "r,s",
        "rs.rs",
        "rs#",
        "rs&category=a",
        "rs%3Fcategory=a",
    ] {
        for scope in [
            format!("patient/Observation.{text}"),
            format!("patient/Observation.{text}?category=a"),
            format!("user/Observation.{text}"),
        ] {
            assert_eq!(parse_scope(&scope), Err(R::MalformedPermissions), "{scope}");
        }
    }
}

#[test]
fn parameters_of_v2_do_not_mix_with_words_of_v1() {
    for word in ["read", "write", "*"] {
        let scope = format!("patient/Observation.{word}?category=a");
        assert_eq!(parse_scope(&scope), Err(R::MixedVersions), "{word}");
    }
}

#[test]
fn parameters_outside_the_grammar_are_refused() {
    for (text, reason) in [
        ("", R::MalformedParameters),
        ("category", R::MalformedParameters),
        ("category=", R::MalformedParameters),
        ("category=a&", R::MalformedParameters),
        ("&category=a", R::MalformedParameters),
        ("category=a&&code=b", R::MalformedParameters),
        ("category=a,", R::MalformedParameters),
        ("category=,a", R::MalformedParameters),
        ("category=a,,b", R::MalformedParameters),
        ("category=|", R::MalformedParameters),
        ("category=a,|", R::MalformedParameters),
        ("category=x|a|b", R::MalformedParameters),
        ("category=a%20b", R::MalformedParameters),
        ("category=x%7Ca", R::MalformedParameters),
        ("category%3Ain=a", R::MalformedParameters),
        ("category=a\\,b", R::MalformedParameters),
        ("category=\"a\"", R::MalformedParameters),
        ("category=a\tb", R::MalformedParameters),
        ("category=\u{e9}", R::MalformedParameters),
        ("status=x|final", R::MalformedParameters),
        ("status=|final", R::MalformedParameters),
        ("status=x|", R::MalformedParameters),
        ("status=final,x|final", R::MalformedParameters),
        ("=a", R::UnsupportedParameters),
        ("Category=a", R::UnsupportedParameters),
        ("categories=a", R::UnsupportedParameters),
        ("category:in=a", R::UnsupportedParameters),
        ("category:not=a", R::UnsupportedParameters),
        ("code:below=a", R::UnsupportedParameters),
        ("status:=final", R::UnsupportedParameters),
        ("subject.category=a", R::UnsupportedParameters),
        ("category.text=a", R::UnsupportedParameters),
        ("_has:Observation:subject:code=a", R::UnsupportedParameters),
        ("?category=a", R::UnsupportedParameters),
        ("date=2024", R::UnsupportedParameters),
        ("patient=1", R::UnsupportedParameters),
        ("_id=1", R::UnsupportedParameters),
        ("category=a&date=2024", R::UnsupportedParameters),
        ("date=2024&category=a", R::UnsupportedParameters),
    ] {
        let scope = format!("patient/Observation.rs?{text}");
        assert_eq!(parse_scope(&scope), Err(reason), "{scope}");
    }
}

#[test]
fn parameters_are_those_that_the_type_is_searched_by() {
    for (text, known) in [
        ("Observation.rs?category=a&code=b&status=c", true),
        ("DiagnosticReport.rs?category=a&code=b&status=c", true),
        ("Condition.rs?category=a&code=b", true),
        ("Condition.rs?status=a", false),
        ("MedicationRequest.rs?status=a", true),
        ("MedicationRequest.rs?status=a&code=b", false),
        ("Immunization.rs?status=a", true),
        ("Patient.rs?category=a", false),
        ("*.rs?category=a", false),
    ] {
        let scope = parse_scope(&format!("patient/{text}"));
        let refused = scope == Err(R::UnsupportedParameters);
        assert_eq!(scope.is_ok(), known, "{text}");
        assert_eq!(refused, !known, "{text}");
    }
}

#[test]
fn a_scope_has_sixteen_values_at_most() {
    let scope = |parameters: &str| parse_scope(&format!("patient/Observation.rs?{parameters}"));
    let eight = ["a"; 8].join(",");
    assert!(scope(&format!("category={eight}&code={eight}")).is_ok());
    for text in [
        format!("category={eight}&code={eight}&status=a"),
        format!("category={eight}&code={eight},a"),
        ["code=a"; 17].join("&"),
    ] {
        assert_eq!(scope(&text), Err(R::TooManyValues), "{text}");
    }
}
