//! The table as it is read.

use std::fmt::{Display, Write as _};

use portal_tests::Answer;
use serde_json::Value;

use super::callers::Caller;
use super::legend::{LEGEND, REFUSALS, WHY, refusal};
use super::operations::{self, About, Block, Operation, on_fhir};
use super::record::addresses;

/// With their headings.
const BLOCKS: [(Block, &str); 4] = [
    (Block::Own, "OWN"),
    (Block::Record, "RECORD"),
    (Block::Fhir, "FHIR: read and search"),
    (Block::FhirRead, "FHIR: read"),
];
const NAME: usize = 30;
const CELL: usize = 4;
/// Between blocks.
const GAP: usize = 3;
const WIDTH: usize = 112;
/// More than a digit says.
const MANY: char = '#';

/// What an answer comes to, or why it is none for the table.
pub(super) fn symbol(
    operation: &Operation,
    about: &About<'_>,
    answer: &Answer,
) -> Result<char, String> {
    let id = operation.id;
    if !(200..300).contains(&answer.status) {
        let verdict = answer.verdict();
        let known = REFUSALS.iter().find(|(_, refusal)| *refusal == verdict);
        let letter = known.map(|(letter, _)| *letter);
        return letter.ok_or_else(|| format!("{id}: {verdict} has no letter"));
    }
    if operation.body().is_some() {
        return Err(format!("{id} has changed something"));
    }
    // A content is no JSON; who it is of follows from its address.
    if ["getDocumentContent", "readBinary", "getAppointmentCalendar"].contains(&id) {
        return Ok('1');
    }
    let of_oneself = [
        "getMe",
        "listAccessLog",
        "getNotificationPreferences",
        "listApps",
        "searchAuditEvent",
    ];
    if of_oneself.contains(&id) {
        return Ok('+');
    }
    let body = answer.json();
    let mut asked_about = addresses(about.patient);
    let own = [about.active, about.ended, about.event];
    asked_about.extend(own.map(on_fhir));
    asked_about.extend(own.map(str::to_owned));
    let shown = asked_about
        .iter()
        .filter(|address| holds(&body, address))
        .count();
    let digit = u32::try_from(shown)
        .ok()
        .and_then(|shown| char::from_digit(shown, 10));
    Ok(digit.unwrap_or(MANY))
}

/// Whether an object somewhere in a body has this id.
fn holds(value: &Value, id: &str) -> bool {
    match value {
        Value::Object(members) => {
            let own = members.get("id").or_else(|| members.get("delegationId"));
            own.is_some_and(|own| own == id) || members.values().any(|value| holds(value, id))
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
    let headings = BLOCKS.map(|(block, heading)| (block, heading.to_owned()));
    let columns = BLOCKS.map(|(block, _)| (block, padded(columns(block))));
    let space = " ".repeat(NAME);
    format!("{space}{}\n{space}{}", beside(headings), beside(columns))
}

/// A read and a search on FHIR share a column.
fn columns(block: Block) -> Vec<&'static str> {
    let mut columns: Vec<&str> = operations::of(block)
        .map(|operation| operation.column)
        .collect();
    columns.dedup();
    columns
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
    if let Some(refusal) = common_refusal(cells) {
        return format!("all operations: {refusal}");
    }
    let mut rest = cells;
    beside(BLOCKS.map(|(block, _)| {
        let (own, others) = rest.split_at(operations::of(block).count());
        rest = others;
        let text = common_refusal(own).map_or_else(
            || match block {
                Block::Own | Block::Record | Block::FhirRead => padded(own),
                Block::Fhir => padded(own.chunks(2).map(|pair| pair.iter().collect::<String>())),
            },
            |refusal| format!("all: {refusal}"),
        );
        (block, text)
    }))
}

/// What all are refused with, if they are refused alike.
fn common_refusal(cells: &[char]) -> Option<&'static str> {
    let first = *cells.first()?;
    let uniform = cells.iter().all(|cell| *cell == first);
    refusal(first).filter(|_| uniform)
}

/// The blocks of one line, each as wide as its columns.
fn beside(blocks: [(Block, String); 4]) -> String {
    let line = blocks
        .into_iter()
        .fold(String::new(), |mut line, (block, text)| {
            let wide = columns(block).len() * CELL + GAP;
            write!(line, "{text:<wide$}").expect("text grows");
            line
        });
    line.trim_end().to_owned()
}

/// Side by side, each as wide as a cell.
fn padded(cells: impl IntoIterator<Item: Display>) -> String {
    cells.into_iter().fold(String::new(), |mut text, cell| {
        write!(text, "{cell:<CELL$}").expect("text grows");
        text
    })
}
