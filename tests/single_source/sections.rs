//! Every list and document of the portal's own clients.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::comparison::Comparison;
use crate::dates::dates_of;
use crate::plain::{self, has_category};
use crate::records::Records;
use crate::walk::{Seen, sorted};

/// Sections of the chart, by the types that they show.
const CHART: [(&str, &str); 6] = [
    ("allergies", "AllergyIntolerance"),
    ("problems", "Condition"),
    ("vitals", "Observation"),
    ("medications", "MedicationRequest"),
    ("immunizations", "Immunization"),
    ("documents", "DocumentReference"),
];
/// Lists, and whether one of their items is read by its id.
const LISTS: [(&str, bool); 7] = [
    ("chart/timeline", false),
    ("results/labs", true),
    ("results/radiology", true),
    ("medications", false),
    ("coverage", false),
    ("eob", true),
    ("appointments", true),
];

/// Compares every section at two deployments, and its number with the files.
pub(crate) async fn compare(
    records: &Records,
    pair: &(Seen<'_>, Seen<'_>),
    comparison: &mut Comparison,
) {
    for (section, kind) in CHART {
        chart(records, pair, (section, kind), comparison).await;
    }
    for (list, has_items) in LISTS {
        let number = expected(records, list, pair.0.patient);
        listed(pair, (list, number), has_items, comparison).await;
    }
    for path in ["/v1/portal/chart/summary", "/v1/portal/demographics"] {
        whole(pair, path, comparison).await;
    }
    trends(pair, comparison).await;
}

async fn chart(
    records: &Records,
    pair: &(Seen<'_>, Seen<'_>),
    (section, kind): (&str, &str),
    comparison: &mut Comparison,
) {
    let path = format!("/v1/portal/chart/{section}?limit=7");
    let one = pair.0.comparable(&pair.0.search(&path).await);
    let other = pair.1.comparable(&pair.1.search(&path).await);
    comparison.same(
        "contents of sections",
        &path,
        (&sorted(&one), &sorted(&other)),
    );
    comparison.same(
        "orders of sections",
        &path,
        (&dates_of(&one), &dates_of(&other)),
    );
    let expected = plain::shown(&records.originals, kind, pair.0.patient);
    let vital = |it: &&Value| section != "vitals" || has_category(it, "vital-signs");
    let number = expected.iter().filter(vital).count();
    comparison.same(
        "sections held against the files",
        &path,
        (&number, &one.len()),
    );
}

/// How many items a list has by the files.
fn expected(records: &Records, list: &str, patient: &str) -> usize {
    let shown = |kind: &str| plain::shown(&records.originals, kind, patient);
    let radiology = |it: &&Value| has_category(it, "RAD") || has_category(it, "LP29684-5");
    match list {
        "chart/timeline" => plain::types()
            .into_iter()
            .filter(|kind| !matches!(*kind, "Patient" | "Provenance"))
            .map(|kind| shown(kind).len())
            .sum(),
        "results/labs" => {
            let results = shown("Observation");
            results
                .iter()
                .filter(|it| has_category(it, "laboratory"))
                .count()
        }
        "results/radiology" => shown("DiagnosticReport").iter().filter(radiology).count(),
        "medications" => shown("MedicationRequest").len(),
        "coverage" => shown("Coverage").len(),
        "eob" => shown("ExplanationOfBenefit").len(),
        _ => shown("Appointment").len(),
    }
}

async fn listed(
    pair: &(Seen<'_>, Seen<'_>),
    (list, number): (&str, usize),
    has_items: bool,
    comparison: &mut Comparison,
) {
    let path = format!("/v1/portal/{list}?limit=9");
    let (shown, others) = (pair.0.list(&path).await, pair.1.list(&path).await);
    let (one, other) = (pair.0.comparable(&shown), pair.1.comparable(&others));
    comparison.same("contents of lists", &path, (&sorted(&one), &sorted(&other)));
    comparison.same(
        "orders of lists",
        &path,
        (&listed_dates(&one), &listed_dates(&other)),
    );
    comparison.same("lists held against the files", &path, (&number, &one.len()));
    if has_items {
        let one = items(&pair.0, list, &shown).await;
        let other = items(&pair.1, list, &others).await;
        comparison.same("items of lists", list, (&one, &other));
    }
}

fn listed_dates(items: &[Value]) -> Vec<String> {
    let date = |item: &Value| {
        ["date", "authoredOn", "created", "start", "issued", "period"]
            .map(|name| item[name].clone())
    };
    items
        .iter()
        .map(|item| format!("{:?}", date(item).iter().find(|it| !it.is_null())))
        .collect()
}

/// Each item by itself.
async fn items(seen: &Seen<'_>, list: &str, shown: &[Value]) -> Vec<String> {
    let mut found = Vec::new();
    for item in shown {
        let id = item["id"].as_str().expect("an id");
        let answer = seen.get(&format!("/v1/portal/{list}/{id}")).await;
        assert_eq!(answer.status, 200, "{list}");
        let mut item = answer.json();
        item.as_object_mut().expect("an item").remove("meta");
        found.push(item);
    }
    sorted(&seen.comparable(&found))
}

/// A document, compared by its resources; anything else whole.
async fn whole(pair: &(Seen<'_>, Seen<'_>), path: &str, comparison: &mut Comparison) {
    let mut shown = Vec::new();
    for seen in [&pair.0, &pair.1] {
        let answer = seen.get(path).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.verdict());
        let mut body = answer.json();
        body.as_object_mut().expect("an object").remove("meta");
        let resources = answer.resources();
        let own = |it: &&Value| it["resourceType"] != "Composition";
        let parts: Vec<_> = resources.iter().filter(own).cloned().collect();
        shown.push(sorted(&seen.comparable(if parts.is_empty() {
            std::slice::from_ref(&body)
        } else {
            &parts
        })));
    }
    comparison.same("documents", path, (&shown[0], &shown[1]));
}

/// The series of every code that results have.
async fn trends(pair: &(Seen<'_>, Seen<'_>), comparison: &mut Comparison) {
    let labs = pair.0.list("/v1/portal/results/labs?limit=50").await;
    let codes: BTreeSet<_> = labs
        .iter()
        .filter_map(|it| it["code"]["code"].as_str())
        .collect();
    for code in codes {
        whole(
            pair,
            &format!("/v1/portal/results/labs/trends?code={code}"),
            comparison,
        )
        .await;
    }
}
