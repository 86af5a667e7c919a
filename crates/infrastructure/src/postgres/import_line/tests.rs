use portal_domain::account::AccountKind;
use portal_domain::proxy_delegation::{DelegationStatus, RelationshipType};
use proptest::prelude::*;

use super::*;

const TENANT: &str = r#"{"tenant":{"id":"kabul","name":"Kabul","region":"afg","timeZone":"Asia/Kabul","locale":"fa-AF","calendar":"persian","currency":"AFN"}}"#;

fn pointers(text: &str) -> Vec<String> {
    let faults = ImportLine::parse(text).unwrap_err();
    faults.into_iter().map(|fault| fault.pointer).collect()
}

#[test]
fn a_tenant_and_an_account_are_read() {
    assert!(
        matches!(ImportLine::parse(TENANT), Ok(ImportLine::Tenant(line))
        if line.retention_years == 7 && line.time_zone == "Asia/Kabul")
    );
    let account = r#"{"account":{"tenantId":"kabul","patientId":"p1","issuer":"https://i","subject":"s","status":"active"}}"#;
    assert!(
        matches!(ImportLine::parse(account), Ok(ImportLine::Account(line))
        if line.kind == AccountKind::Patient)
    );
}

#[test]
fn every_fault_of_a_line_is_named_at_once() {
    let bad = TENANT
        .replace("Asia/Kabul", "Mars/Olympus")
        .replace("persian", "martian")
        .replace("AFN", "afn")
        .replace("\"name\":\"Kabul\",", "")
        .replace("}}", r#","colour":"red","region":"afg"}}"#);
    let mut found = pointers(&bad);
    found.sort();
    assert_eq!(
        found,
        [
            "/tenant/calendar",
            "/tenant/colour",
            "/tenant/currency",
            "/tenant/name",
            "/tenant/region",
            "/tenant/timeZone"
        ]
    );
}

#[test]
fn accounts_that_nothing_identifies_are_refused() {
    for (line, pointer) in [
        (
            r#"{"account":{"tenantId":"t","patientId":"..","issuer":"i","subject":"s"}}"#,
            "/account/patientId",
        ),
        (
            r#"{"account":{"tenantId":"t","patientId":"p","issuer":"i"}}"#,
            "/account/subject",
        ),
        (
            r#"{"account":{"tenantId":"t","kind":"patient","issuer":"i","subject":"s"}}"#,
            "/account/patientId",
        ),
        (r#"{"account":{"tenantId":"t"}}"#, "/account/subject"),
        (
            r#"{"account":{"tenantId":"t","patientId":"p","status":"open"}}"#,
            "/account/status",
        ),
        (
            r#"{"account":{"tenantId":"t","patientId":null,"issuer":"i","subject":"s"}}"#,
            "/account/patientId",
        ),
    ] {
        assert_eq!(pointers(line), [pointer], "{line}");
    }
}

#[test]
fn lines_of_other_kinds_are_refused() {
    for line in [
        "",
        "[]",
        "null",
        "{}",
        r#"{"tenant":null}"#,
        r#"{"tenant":[]}"#,
        "{\"tenant\":",
        r#"{"tenant":{},"account":{}}"#,
        r#"{"tenant":{},"tenant":{}}"#,
        r#"{"patient":{}}"#,
    ] {
        assert_eq!(pointers(line), [""], "{line}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn no_text_panics_and_no_fault_repeats_it(text in r#"\{"(tenant|account|delegation)":\{("[a-zA-Z]{1,9}":"secret-[a-z]{1,9}",?){0,9}\}\}"#) {
        if let Err(faults) = ImportLine::parse(&text) {
            let said = format!("{faults:?}");
            prop_assert!(!said.contains("secret"));
        }
    }
}

const DELEGATION: &str = r#"{"delegation":{"tenantId":"t","grantorPatientId":"p","proxyAccount":{"issuer":"https://i","subject":"s"},"relationshipType":"parent","scope":["labs","vitals"],"validFrom":"2026-01-01","validTo":"2026-12-31","documentReference":"doc-1","courtOrder":true}}"#;

#[test]
fn a_delegation_is_read() {
    let Ok(ImportLine::Delegation(line)) = ImportLine::parse(DELEGATION) else {
        panic!("a delegation")
    };
    assert_eq!(line.status, DelegationStatus::Active);
    assert_eq!(line.relationship, RelationshipType::Parent);
    assert_eq!(line.scope.iter().count(), 2);
    assert_eq!(line.valid_to, Some(jiff::civil::date(2026, 12, 31)));
    assert!(line.court_order && line.sensitive.is_empty());
    assert!(!format!("{line:?}").contains("doc-1"));
    let ended = DELEGATION.replace("\"courtOrder\":true", "\"status\":\"expired\"");
    assert!(
        matches!(ImportLine::parse(&ended), Ok(ImportLine::Delegation(line))
        if line.status == DelegationStatus::Expired && !line.court_order)
    );
}

#[test]
fn every_fault_of_a_delegation_is_named_at_its_place() {
    for (from, to, pointer) in [
        ("\"tenantId\":\"t\",", "", "/delegation/tenantId"),
        ("\"p\"", "\"..\"", "/delegation/grantorPatientId"),
        (
            "\"subject\":\"s\"",
            "\"subject\":7",
            "/delegation/proxyAccount/subject",
        ),
        (
            "\"issuer\":\"https://i\",",
            "",
            "/delegation/proxyAccount/issuer",
        ),
        (
            "\"subject\":\"s\"",
            "\"subject\":\"s\",\"x\":1",
            "/delegation/proxyAccount/x",
        ),
        ("\"vitals\"", "\"all\"", "/delegation/scope/1"),
        ("[\"labs\",\"vitals\"]", "[]", "/delegation/scope"),
        ("[\"labs\",\"vitals\"]", "\"labs\"", "/delegation/scope"),
        ("\"scope\":[\"labs\",\"vitals\"],", "", "/delegation/scope"),
        (
            "\"scope\"",
            "\"sensitive\":[\"genetic\"],\"scope\"",
            "/delegation/sensitive",
        ),
        (
            "\"scope\"",
            "\"sensitive\":[\"hiv\"],\"scope\"",
            "/delegation/sensitive/0",
        ),
        ("\"parent\"", "\"uncle\"", "/delegation/relationshipType"),
        ("2026-01-01", "20260101", "/delegation/validFrom"),
        ("2026-01-01", "2026-01-01T00:00", "/delegation/validFrom"),
        ("2026-01-01", "2026-02-30", "/delegation/validFrom"),
        ("2026-12-31", "2025-12-31", "/delegation/validTo"),
        ("\"2026-12-31\"", "null", "/delegation/validTo"),
        (
            ",\"documentReference\":\"doc-1\"",
            "",
            "/delegation/documentReference",
        ),
        ("\"doc-1\"", "\"\"", "/delegation/documentReference"),
        ("true", "\"yes\"", "/delegation/courtOrder"),
        (
            "\"courtOrder\":true",
            "\"status\":\"invited\"",
            "/delegation/status",
        ),
        (
            "\"courtOrder\":true",
            "\"colour\":\"red\"",
            "/delegation/colour",
        ),
    ] {
        let line = DELEGATION.replacen(from, to, 1);
        assert_eq!(pointers(&line), [pointer], "{line}");
    }
    let voluntary = DELEGATION.replace("parent", "spouse").replace(
        ",\"documentReference\":\"doc-1\"",
        ",\"sensitive\":[\"genetic\"]",
    );
    assert!(ImportLine::parse(&voluntary).is_ok());
    let mut all = pointers(r#"{"delegation":{"scope":["x"],"proxyAccount":{}}}"#);
    all.sort();
    assert_eq!(
        all,
        [
            "/delegation/grantorPatientId",
            "/delegation/proxyAccount/issuer",
            "/delegation/proxyAccount/subject",
            "/delegation/relationshipType",
            "/delegation/scope/0",
            "/delegation/tenantId",
            "/delegation/validFrom"
        ]
    );
}

#[test]
fn every_fault_of_a_configuration_is_named_beside_those_of_the_tenant() {
    let more = r#","releasePolicy":{"rules":[{"effect":"release"},{"effect":"hide"},{}]},"ageBands":null,"sensitivityCodes":{"genetic":[{"system":"s","codes":[""]}]},"introspectTokens":"no"}}"#;
    let bad = TENANT.replace("AFN", "afn").replace("}}", more);
    assert_eq!(
        pointers(&bad),
        [
            "/tenant/releasePolicy/rules/1/effect",
            "/tenant/releasePolicy/rules/2/effect",
            "/tenant/sensitivityCodes/genetic/0/codes/0",
            "/tenant/introspectTokens"
        ]
        .into_iter()
        .fold(vec!["/tenant/currency".to_owned()], |mut all, next| {
            all.push(next.to_owned());
            all
        })
    );
    let twice = TENANT.replace("}}", r#","releasePolicy":{"rules":[],"rules":[]}}}"#);
    assert_eq!(pointers(&twice), ["/tenant/releasePolicy/rules"]);
}

#[test]
fn a_line_may_be_long_but_not_longer_than_a_mebibyte() {
    let codes = vec!["\"A1.23\""; 20_000].join(",");
    let more = format!(
        ",\"sensitivityCodes\":{{\"genetic\":[{{\"system\":\"s\",\"codes\":[{codes}]}}]}}}}}}"
    );
    assert!(ImportLine::parse(&TENANT.replace("}}", &more)).is_ok());
    assert_eq!(pointers(&" ".repeat(MAX_LINE + 1)), [""]);
}

#[test]
fn a_revocation_names_exactly_one_thing() {
    let line = |members: &str| {
        format!(r#"{{"revocation":{{"tenantId":"kabul","issuer":"https://i"{members}}}}}"#)
    };
    for good in [
        r#","sessionId":"s""#,
        r#","tokenId":"t""#,
        r#","subject":"s""#,
        r#","subject":"s","clientId":"c","until":"2030-01-01T00:00:00Z""#,
    ] {
        let read = ImportLine::parse(&line(good));
        assert!(matches!(read, Ok(ImportLine::Revocation(_))), "{good}");
    }
    for (bad, place) in [
        ("", "/revocation"),
        (r#","sessionId":"s","tokenId":"t""#, "/revocation"),
        (r#","tokenId":"t","clientId":"c""#, "/revocation"),
        (r#","clientId":"c""#, "/revocation"),
        (r#","subject":"s","notBefore":"today""#, "/revocation/notBefore"),
        (
            r#","subject":"s","notBefore":"2026-01-02T00:00:00Z","until":"2026-01-01T00:00:00Z""#,
            "/revocation/until",
        ),
    ] {
        assert_eq!(pointers(&line(bad)), [place], "{bad}");
    }
}
