//! What is shown of contents, calendars, and other answers that are no lists of records.

use std::collections::BTreeSet;

use serde_json::Value;

use super::super::markers::{markers_in, markers_of};
use super::admit::View;
use super::json::text;
use super::routes::{Expected, of_laboratory};
use super::search::matches;
use super::sets::SETS;

const NOT_FOUND: &str = "404 NOT_FOUND";

/// The series of laboratory results of a code.
pub(super) fn trends(view: &View<'_>, pairs: &[(String, String)]) -> Expected {
    let mut shown = of_laboratory(view);
    shown.retain(|one| matches(one, pairs));
    let all = Expected::whole(&shown.iter().collect::<Vec<_>>());
    let ids = shown
        .iter()
        .flat_map(|one| markers_of(&one.id.clone().into()));
    Expected {
        required: ids.collect(),
        ..all
    }
}

/// An entry of a calendar: when, and nothing of what.
pub(super) fn calendar(view: &View<'_>, id: &str) -> Result<Expected, &'static str> {
    let shown = view.shown_in_any_version("Appointment");
    let found = shown.iter().find(|one| one.id == id).ok_or(NOT_FOUND)?;
    if !text(&found.value, "start").contains('T') {
        return Err(if found.superseded {
            NOT_FOUND
        } else {
            "409 STATE_CONFLICT"
        });
    }
    Ok(Expected {
        allowed: markers_in(id),
        or_absent: found.superseded,
        ..Expected::default()
    })
}

/// The content of a document, which is that of its first file here.
pub(super) fn content(view: &View<'_>, id: &str) -> Result<Expected, &'static str> {
    let shown = view.shown_in_any_version("DocumentReference");
    let found = shown.iter().find(|one| one.id == id).ok_or(NOT_FOUND)?;
    let file = files(&found.value).into_iter().next().ok_or(NOT_FOUND)?;
    Ok(Expected {
        or_absent: found.superseded,
        ..of_file(view, &file)?
    })
}

/// The content of an address that something visible names.
pub(super) fn binary(view: &View<'_>, id: &str) -> Result<Expected, &'static str> {
    let naming = ["DocumentReference", "DiagnosticReport"].map(|name| view.shown(name));
    let files: BTreeSet<String> = naming
        .iter()
        .flatten()
        .flat_map(|one| files(&one.value))
        .collect();
    let own = id.strip_prefix("doc.").filter(|own| files.contains(*own));
    of_file(view, own.ok_or(NOT_FOUND)?)
}

fn of_file(view: &View<'_>, id: &str) -> Result<Expected, &'static str> {
    let found = view.world.planted.iter().find(|planted| {
        let binary = text(&planted.value, "resourceType") == "Binary";
        binary && planted.tenant == view.tenant.id && text(&planted.value, "id") == id
    });
    let said = markers_of(&found.ok_or(NOT_FOUND)?.value["data"]);
    Ok(Expected {
        allowed: said.clone(),
        required: said,
        ..Expected::default()
    })
}

/// The ids of the files that a record names.
fn files(value: &Value) -> Vec<String> {
    match value {
        Value::Object(members) => {
            let own = members.get("url").and_then(Value::as_str);
            let own = own
                .and_then(|url| url.strip_prefix("Binary/"))
                .map(str::to_owned);
            own.into_iter()
                .chain(members.values().flat_map(files))
                .collect()
        }
        Value::Array(items) => items.iter().flat_map(files).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
    }
}

/// Who the patient is.
pub(super) fn demographics(view: &View<'_>) -> Result<Expected, &'static str> {
    let shown = view.shown("Patient");
    let one = shown.first().ok_or(NOT_FOUND)?;
    let said = ["name", "telecom", "address", "contact"];
    let said = said
        .iter()
        .flat_map(|name| without_extensions(&one.value[*name]));
    Ok(Expected {
        required: said.collect(),
        ..Expected::whole(&[one])
    })
}

fn without_extensions(value: &Value) -> BTreeSet<u32> {
    let mut value = value.clone();
    for item in value.as_array_mut().into_iter().flatten() {
        item.as_object_mut().map(|item| item.remove("extension"));
    }
    markers_of(&value)
}

/// Whom one can book with: the directory, but for where people live.
pub(super) fn providers(view: &View<'_>) -> Expected {
    Expected {
        allowed: view.directory(),
        loose: true,
        ..Expected::default()
    }
}

impl View<'_> {
    /// The markers of the directory, but for where people live.
    pub(in super::super) fn directory(&self) -> BTreeSet<u32> {
        let directory = SETS.iter().filter(|set| set.is_directory());
        let shown = directory.flat_map(|set| self.verdicts(*set).visible());
        shown.flat_map(markers_of).collect()
    }
}
