//! Everything that is found reads back, and every reference that is shown leads to something.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::comparison::Comparison;
use crate::plain;
use crate::walk::Seen;

/// Reads all that two deployments show and refer to, and compares what is only referred to.
pub(crate) async fn compare(pair: &(Seen<'_>, Seen<'_>), comparison: &mut Comparison) {
    let one = reached(&pair.0, comparison).await;
    let other = reached(&pair.1, comparison).await;
    let context = format!("of {}", pair.0.patient);
    comparison.same(
        "records of others that are referred to",
        &context,
        (&one, &other),
    );
}

/// What is referred to, by its address in the records.
async fn reached(seen: &Seen<'_>, comparison: &mut Comparison) -> BTreeMap<String, String> {
    let mut targets = BTreeSet::new();
    let mut done = BTreeSet::new();
    for kind in plain::types() {
        for found in seen.search(&format!("/fhir/R4/{kind}?_count=100")).await {
            let path = format!("{kind}/{}", found["id"].as_str().expect("an id"));
            let read = seen.get(&format!("/fhir/R4/{path}")).await;
            comparison.holds(
                "found ids that read back",
                read.status == 200 && read.json() == found,
                || format!("{} {kind}: {}", seen.deployment.name, read.verdict()),
            );
            targets_of(&found, &mut targets);
            done.insert(path);
        }
    }
    follow(seen, targets, done, comparison).await
}

async fn follow(
    seen: &Seen<'_>,
    mut targets: BTreeSet<String>,
    mut done: BTreeSet<String>,
    comparison: &mut Comparison,
) -> BTreeMap<String, String> {
    let mut reached = BTreeMap::new();
    while let Some(target) = targets.pop_first() {
        if target.starts_with('#') || !done.insert(target.clone()) {
            continue;
        }
        let read = seen.get(&format!("/fhir/R4/{target}")).await;
        comparison.holds("references that resolve", read.status == 200, || {
            format!("{} {target}: {}", seen.deployment.name, read.verdict())
        });
        let id = target.rsplit('/').next().unwrap_or_default();
        let name = seen
            .deployment
            .names
            .original(id)
            .unwrap_or(&target)
            .to_owned();
        let content = if target.starts_with("Binary/") {
            String::from_utf8_lossy(&read.body).into_owned()
        } else {
            targets_of(&read.json(), &mut targets);
            seen.deployment.names.comparable(&read.json()).to_string()
        };
        reached.insert(name, content);
    }
    reached
}

/// Every reference in a resource, and every attachment that is kept here.
pub(crate) fn targets_of(value: &Value, targets: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            let reference = members.get("reference").and_then(Value::as_str);
            let url = members.get("url").and_then(Value::as_str);
            let kept = url.and_then(|url| url.split_once("/fhir/R4/"));
            targets.extend(reference.map(str::to_owned));
            targets.extend(kept.map(|(_, target)| target.to_owned()));
            members
                .values()
                .for_each(|value| targets_of(value, targets));
        }
        Value::Array(items) => items.iter().for_each(|value| targets_of(value, targets)),
        _ => {}
    }
}
