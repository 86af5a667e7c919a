//! The table as it is read.

use std::fmt::{Display, Write as _};

use portal_tests::Answer;
use serde_json::Value;

use super::callers::Caller;
use super::operations::{self, addresses};

const LEGEND: &str = "\
What every operation answers every caller who asks about one patient's record.

A digit is 200 with so many records of that patient in it, + is 200 without records, a letter is
a refusal. The record holds one of each kind, and two problems (one of them about mental health)
and two immunizations (one of them labelled R).

REST  me, log = me/access-log, sum = chart/summary, all med vit imm pro = chart/allergies,
      medications, vitals, immunizations, problems, labs = results/labs, lab = results/labs/{id}
FHIR  read and search of Patient, AllergyIntolerance, MedicationRequest, Observation (the read is
      of the laboratory's), DiagnosticReport, Immunization, Condition
";

const WHY: &str = "\
Why some cells are as they are
- `me` is open to every account that a person holds, whatever its state, so that a client can say
  why nothing else is. It names nobody whose record is not open.
- Who acts for nobody reads their own `me`, log and lists: another's id in the path is 404 as if
  it were absent, in a FHIR search 403 for every id that is not theirs, existing or not.
  `Patient?_id=` of another is an empty Bundle, as for an id that nobody has.
- A third party's token is refused on REST for what it is before anybody is asked about it.
- A tenant claim that is no tenant's id agrees with nothing; in another tenant there is no account
  of this identity.
- Closing forgets the identity, so that there is no account; a caregiver has one without a record.
- With laboratory results alone in scope, vital signs are an empty list and not refused: the scope
  opens Observation. Labs show one: the report needs a scope of its own.
- Acting for somebody is never for the access log, whatever else is wrong: 403 before the
  delegation is looked at.
- Who acts for somebody needs an active account of their own, for `me` too; the grantor's may be
  pending, and need not be there.
- X-Acting-For is a parameter that FHIR does not know, whatever it names.
- Every delegation opens `me` and the Patient, of which voluntary and limited proxies see the name,
  birth date and gender. `summary` opens its parts on chart/summary alone; no right opens two
  types, but labs opens results and their reports.
- Rights of services (appointments.manage, refills, export, apps ...) open no records.
- An Observation search shows what a right names: vitals one, labs the other.
- A web or mobile token that ended at the provider alone is good until the portal's own list has
  it or it expires, unless the tenant has its tokens introspected.
- Bands of this tenant: full below 12, from 12 allergies, immunizations and labs without what is
  sensitive, from 16 nothing, 18 is of age.
";

/// Status and code of each letter. A refusal that is not here fails the test: give it a letter.
const REFUSALS: [(char, &str); 16] = [
    ('u', "401 UNAUTHENTICATED"),
    ('e', "401 TOKEN_EXPIRED"),
    ('r', "401 TOKEN_REVOKED"),
    ('c', "403 CLIENT_NOT_ALLOWED"),
    ('t', "403 TENANT_CLAIM_REQUIRED"),
    ('T', "403 TENANT_MISMATCH"),
    ('l', "403 MODULE_NOT_LICENSED"),
    ('m', "403 MFA_REQUIRED"),
    ('k', "403 ACCOUNT_NOT_LINKED"),
    ('a', "403 ACCOUNT_NOT_ACTIVE"),
    ('p', "403 PATIENT_CLAIM_REQUIRED"),
    ('d', "403 PROXY_DELEGATION_INVALID"),
    ('x', "403 PROXY_SCOPE_DENIED"),
    ('s', "403 INSUFFICIENT_SCOPE"),
    ('n', "404 NOT_FOUND"),
    ('q', "400 UNKNOWN_PARAMETER"),
];

const NAME: usize = 30;
const CELL: usize = 5;
const WIDTH: usize = 112;

/// What an answer comes to.
pub(super) fn symbol(operation: &str, patient: &str, answer: &Answer) -> char {
    if answer.status != 200 {
        let verdict = answer.verdict();
        let known = REFUSALS.iter().find(|(_, refusal)| *refusal == verdict);
        return known
            .unwrap_or_else(|| panic!("{operation}: {verdict} has no letter"))
            .0;
    }
    if matches!(operation, "getMe" | "listAccessLog") {
        return '+';
    }
    let body = answer.json();
    let shown = addresses(patient)
        .iter()
        .filter(|address| holds(&body, address))
        .count();
    let digit = u32::try_from(shown)
        .ok()
        .and_then(|shown| char::from_digit(shown, 10));
    digit.expect("less than ten of each kind")
}

/// Whether an object somewhere in a body has this id.
fn holds(value: &Value, id: &str) -> bool {
    match value {
        Value::Object(members) => {
            members.get("id").is_some_and(|own| own == id)
                || members.values().any(|value| holds(value, id))
        }
        Value::Array(items) => items.iter().any(|value| holds(value, id)),
        _ => false,
    }
}

/// The whole table; callers in a row who are answered alike share a line.
pub(super) fn table(rows: &[(Caller, Vec<char>)]) -> String {
    let mut text = String::from(LEGEND);
    text.push('\n');
    for pair in REFUSALS.chunks(3) {
        let pair = pair
            .iter()
            .map(|(letter, refusal)| format!("{letter} {refusal:<32}"));
        writeln!(text, "{}", pair.collect::<String>().trim_end()).expect("text grows");
    }
    writeln!(text, "\n{WHY}\n{}", heading()).expect("text grows");
    let mut group = "";
    for alike in rows.chunk_by(|one, other| one.0.group == other.0.group && one.1 == other.1) {
        let (caller, cells) = &alike[0];
        if caller.group != group {
            group = caller.group;
            writeln!(text, "\n{group}").expect("text grows");
        }
        let names: Vec<&str> = alike
            .iter()
            .map(|(caller, _)| caller.name.as_str())
            .collect();
        text.push_str(&line(&names, cells));
    }
    text
}

fn heading() -> String {
    let mut columns: Vec<&str> = operations::all()
        .map(|operation| operation.column)
        .collect();
    columns.dedup();
    let columns = padded(columns);
    let rest = operations::all()
        .filter(|operation| !operation.is_fhir())
        .count()
        * CELL;
    format!(
        "{:<NAME$}{:<rest$}FHIR: read and search\n{:<NAME$}{}",
        "",
        "REST",
        "",
        columns.trim_end()
    )
}

fn line(names: &[&str], cells: &[char]) -> String {
    let mut text = String::new();
    let mut written = String::from("  ");
    for (place, name) in names.iter().enumerate() {
        let name = if place + 1 < names.len() {
            format!("{name};")
        } else {
            (*name).to_owned()
        };
        if written.trim().len() + name.len() + 2 > WIDTH {
            writeln!(text, "{}", written.trim_end()).expect("text grows");
            written = String::from("  ");
        }
        written.push_str(&name);
        written.push(' ');
    }
    if written.len() > NAME || !text.is_empty() {
        writeln!(text, "{}", written.trim_end()).expect("text grows");
        written.clear();
    }
    writeln!(text, "{written:<NAME$}{}", side_by_side(cells)).expect("text grows");
    text
}

fn side_by_side(cells: &[char]) -> String {
    let refusal = |cells: &[char]| {
        let first = cells[0];
        let uniform = cells.iter().all(|cell| *cell == first);
        let known = REFUSALS.iter().find(|(letter, _)| *letter == first);
        known.filter(|_| uniform).map(|(_, refusal)| *refusal)
    };
    if let Some(refusal) = refusal(cells) {
        return format!("all operations: {refusal}");
    }
    let border = operations::all()
        .filter(|operation| !operation.is_fhir())
        .count();
    let (rest, fhir) = cells.split_at(border);
    let rest_text = refusal(rest).map_or_else(|| padded(rest), |refusal| format!("all: {refusal}"));
    let fhir_text = refusal(fhir).map_or_else(
        || {
            let pairs = fhir.chunks(2).map(|pair| pair.iter().collect::<String>());
            padded(pairs)
        },
        |refusal| format!("all: {refusal}"),
    );
    let wide = border * CELL;
    format!("{rest_text:<wide$}{fhir_text}")
        .trim_end()
        .to_owned()
}

/// Side by side, each as wide as a cell.
fn padded(cells: impl IntoIterator<Item: Display>) -> String {
    cells.into_iter().fold(String::new(), |mut text, cell| {
        write!(text, "{cell:<CELL$}").expect("text grows");
        text
    })
}
