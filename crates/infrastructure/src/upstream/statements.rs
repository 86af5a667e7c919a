//! Statements of account at claims-service, which FHIR has no resource for:
//! `GET …/api/v1/statements?patientId=` answers `{"statements": […]}`. Each is put into the form of
//! an `ExplanationOfBenefit`, so that ownership, sensitivity, release and cache know it as one.

use bytes::Bytes;
use portal_application::ports::SourceError;
use portal_domain::id::PatientId;
use portal_fhir::json::{Kind, Tree, Value};
use portal_fhir::reference::is_id;
use portal_fhir::{Record, read_header};
use serde::Deserialize;
use serde_json::value::RawValue;
use url::Url;

use super::addresses::TenantBase;
use super::page::{LIMITS, MAX_ENTRIES, PageOf};

/// Members that are texts.
const TEXTS: [&str; 6] = [
    "number",
    "issuedOn",
    "dueOn",
    "periodStart",
    "periodEnd",
    "status",
];
/// Members that are amounts of money.
const AMOUNTS: [&str; 4] = ["total", "insurancePaid", "patientPaid", "balance"];
/// Digits of a decimal, its sign and point apart.
const MAX_DIGITS: usize = 24;

#[derive(Deserialize)]
struct Answered<'a> {
    #[serde(borrow)]
    statements: Vec<&'a RawValue>,
}

/// Where a patient's statements are; none for an id that no source is asked for.
pub(super) fn address(base: &TenantBase, patient: &PatientId) -> Option<Url> {
    if !is_id(patient.as_str()) {
        return None;
    }
    let mut url = base.below(&["api", "v1", "statements"])?;
    url.query_pairs_mut()
        .append_pair("patientId", patient.as_str());
    Some(url)
}

/// The statements of an answer. One that cannot be read is dropped alone.
pub(super) fn records(body: &Bytes) -> Result<PageOf<Record>, SourceError> {
    let answered: Answered<'_> = serde_json::from_slice(body).map_err(|_| SourceError::Invalid)?;
    let mut page = PageOf {
        items: Vec::new(),
        unreadable: 0,
        cut: answered.statements.len() > MAX_ENTRIES,
        next: None,
    };
    for raw in answered.statements.into_iter().take(MAX_ENTRIES) {
        match record(raw.get()) {
            Some(record) => page.items.push(record),
            None => page.unreadable += 1,
        }
    }
    Ok(page)
}

fn record(raw: &str) -> Option<Record> {
    let tree = Tree::parse(raw.as_bytes(), LIMITS.max_depth).ok()?;
    let bytes = Bytes::from(resource(tree.root())?);
    let header = read_header(&bytes, &LIMITS).ok()?;
    Some(Record { header, bytes })
}

/// The statement as a resource: what it says in the member `statement`, and beside it what rules
/// look at. Only known members are taken over, each in its known form.
fn resource(statement: Value<'_>) -> Option<String> {
    let id = text(statement, "id").filter(|id| is_id(id))?;
    let issued = text(statement, "issuedOn");
    let mut members = vec![
        member("resourceType", "\"ExplanationOfBenefit\""),
        member("id", &quote(&id)),
        member("meta", &meta(statement)),
    ];
    if let Some(patient) = text(statement, "patientId") {
        let reference = member("reference", &quote(&format!("Patient/{patient}")));
        members.push(member("patient", &object(&[reference])));
    }
    for (name, said) in [("status", text(statement, "status")), ("created", issued)] {
        members.extend(said.map(|said| member(name, &quote(&said))));
    }
    members.push(member("item", &array(each(statement, "lines").map(coded))));
    members.extend(about(statement).map(|concepts| member("code", &concepts)));
    members.push(member("statement", &told(statement)?));
    Some(object(&members))
}

fn meta(statement: Value<'_>) -> String {
    let changed = text(statement, "updatedAt");
    let mut members: Vec<_> = changed
        .map(|at| member("lastUpdated", &quote(&at)))
        .into_iter()
        .collect();
    if let Some(labels) = statement.get("securityLabels") {
        members.push(member("security", labels.raw()));
    }
    object(&members)
}

/// A line's codes, as code lists look at them.
fn coded(line: Value<'_>) -> String {
    let concept = concept(line).map(|concept| member("productOrService", &concept));
    object(&concept.into_iter().collect::<Vec<_>>())
}

/// What it is about, if every line says so: one that does not may be for anything.
fn about(statement: Value<'_>) -> Option<String> {
    let concepts: Option<Vec<String>> = each(statement, "lines").map(concept).collect();
    let concepts = concepts.filter(|concepts| !concepts.is_empty())?;
    Some(array(concepts.into_iter()))
}

fn concept(line: Value<'_>) -> Option<String> {
    let codes = line.get("codes")?;
    codes.items().next()?;
    Some(object(&[member("coding", codes.raw())]))
}

/// What is shown of it; none where an amount is no amount, or the total is missing.
fn told(statement: Value<'_>) -> Option<String> {
    let mut members: Vec<String> = TEXTS
        .into_iter()
        .filter_map(|name| Some(member(name, &quote(&text(statement, name)?))))
        .collect();
    statement.get("total")?;
    for name in AMOUNTS {
        if let Some(amount) = statement.get(name) {
            members.push(member(name, &money(amount)?));
        }
    }
    let lines: Option<Vec<String>> = each(statement, "lines").map(line).collect();
    let payments: Option<Vec<String>> = each(statement, "payments").map(payment).collect();
    members.push(member("lines", &array(lines?.into_iter())));
    members.push(member("payments", &array(payments?.into_iter())));
    Some(object(&members))
}

fn line(line: Value<'_>) -> Option<String> {
    entry(line, &["description", "servicedOn"])
}

fn payment(payment: Value<'_>) -> Option<String> {
    entry(payment, &["paidOn", "method", "status"])
}

/// An entry of texts and an amount.
fn entry(entry: Value<'_>, texts: &[&str]) -> Option<String> {
    let mut members: Vec<String> = texts
        .iter()
        .filter_map(|name| Some(member(name, &quote(&text(entry, name)?))))
        .collect();
    members.push(member("amount", &money(entry.get("amount")?)?));
    Some(object(&members))
}

/// `{value, currency}`: the decimal's own digits as a text, and an ISO 4217 code.
fn money(amount: Value<'_>) -> Option<String> {
    let value = amount.get("value")?;
    let digits = match value.kind() {
        Kind::Number => value.raw().to_owned(),
        Kind::String => value.text()?.into_owned(),
        _ => return None,
    };
    let currency = text(amount, "currency")?;
    let is_currency = currency.len() == 3 && currency.bytes().all(|it| it.is_ascii_uppercase());
    let sound = is_decimal(&digits) && is_currency;
    sound.then(|| {
        object(&[
            member("value", &quote(&digits)),
            member("currency", &quote(&currency)),
        ])
    })
}

/// Digits with at most one point between them and a sign before them: no exponent, which nobody
/// writes on a bill.
fn is_decimal(text: &str) -> bool {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, "0"));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|it| it.is_ascii_digit());
    digits(whole) && digits(fraction) && whole.len() + fraction.len() <= MAX_DIGITS
}

fn text(holder: Value<'_>, name: &str) -> Option<String> {
    holder.get(name)?.text().map(std::borrow::Cow::into_owned)
}

fn each<'t>(holder: Value<'t>, name: &str) -> impl Iterator<Item = Value<'t>> + use<'t> {
    holder.get(name).into_iter().flat_map(Value::items)
}

fn quote(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn member(name: &str, json: &str) -> String {
    format!("\"{name}\":{json}")
}

fn object(members: &[String]) -> String {
    format!("{{{}}}", members.join(","))
}

fn array(items: impl Iterator<Item = String>) -> String {
    format!("[{}]", items.collect::<Vec<_>>().join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(statements: &str) -> (Vec<String>, usize) {
        let body = Bytes::from(format!(r#"{{"statements":[{statements}]}}"#));
        let page = records(&body).unwrap();
        let texts = page.items.iter().map(|it| &it.bytes);
        let texts = texts.map(|it| String::from_utf8(it.to_vec()).unwrap());
        (texts.collect(), page.unreadable)
    }

    #[test]
    fn a_statement_keeps_its_decimals_and_names_its_patient() {
        let statement = r#"{"id":"st_1","patientId":"p1","status":"open","issuedOn":"2026-01-31",
            "total":{"value":100000000000000000.10,"currency":"AFN"},
            "lines":[{"description":"Visit","amount":{"value":"1.50","currency":"AFN"},
                      "codes":[{"system":"s","code":"c"}]}],
            "payments":[{"paidOn":"2026-02-01","amount":{"value":0.10,"currency":"AFN"},"secret":"x"}]}"#;
        let (texts, unreadable) = read(statement);
        assert_eq!((texts.len(), unreadable), (1, 0));
        for part in [
            r#""reference":"Patient/p1""#,
            r#""value":"100000000000000000.10""#,
            r#""value":"1.50""#,
            r#""value":"0.10""#,
            r#""code":[{"coding":[{"system":"s","code":"c"}]}]"#,
        ] {
            assert!(texts[0].contains(part), "{part}");
        }
        assert!(!texts[0].contains("secret"));
        let uncoded = statement.replace(r#""codes":[{"system":"s","code":"c"}]"#, r#""codes":[]"#);
        assert!(!read(&uncoded).0[0].contains(r#""code":["#));
    }

    #[test]
    fn one_that_cannot_be_read_costs_itself_alone() {
        let good = r#"{"id":"a","patientId":"p","total":{"value":1,"currency":"AFN"}}"#;
        for bad in [
            "7",
            r#"{"id":"../x","total":{"value":1,"currency":"AFN"}}"#,
            r#"{"id":"b","patientId":"p"}"#,
            r#"{"id":"b","total":{"value":1e3,"currency":"AFN"}}"#,
            r#"{"id":"b","total":{"value":"1,5","currency":"AFN"}}"#,
            r#"{"id":"b","total":{"value":1,"currency":"afn"}}"#,
            r#"{"id":"b","total":{"value":1},"x":1}"#,
            r#"{"id":"b","id":"c","total":{"value":1,"currency":"AFN"}}"#,
            r#"{"id":"b","total":{"value":1,"currency":"AFN"},"payments":[{"paidOn":"2026"}]}"#,
        ] {
            let (texts, unreadable) = read(&format!("{bad},{good}"));
            assert_eq!((texts.len(), unreadable), (1, 1), "{bad}");
        }
        assert!(records(&Bytes::from_static(b"[]")).is_err());
        assert!(records(&Bytes::from_static(br#"{"resourceType":"Bundle"}"#)).is_err());
    }
}
