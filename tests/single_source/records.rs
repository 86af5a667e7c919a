//! The records that both deployments have: as plain resources, and as transactions.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;

use portal_sandbox::{Options, Sandbox};
use portal_tests::{Answer, Fixture, synthea};
use serde_json::{Value, json};

use crate::plain;

/// The tenant of everybody here.
pub(crate) const TENANT: &str = "demo";
const RELEASE: &str = "urn:ghasi-ehealth:release";
/// What the sandbox holds that is nobody's.
const SHARED: [(&str, &str); 5] = [
    ("medication", "Medication"),
    ("provider-directory", "Practitioner"),
    ("provider-directory", "PractitionerRole"),
    ("provider-directory", "Organization"),
    ("provider-directory", "Location"),
];

/// Records of several people.
pub(crate) struct Records {
    /// What they are called in reports.
    pub(crate) name: &'static str,
    /// Where the sandbox finds them; its own generator's without.
    pub(crate) folder: Option<PathBuf>,
    /// Every resource, with references such as `Patient/1` and, of the laboratory's, its marks.
    pub(crate) originals: Vec<Value>,
    /// The same as another server is sent them: decimals as they stand.
    pub(crate) transactions: Vec<String>,
    /// Whether that server gets the marks, too.
    pub(crate) marked: bool,
    /// Those of the originals that the sandbox does not have by itself.
    pub(crate) further: Vec<Value>,
}

impl Records {
    /// The Synthea Bundles beside the project; none in a clone alone.
    pub(crate) fn synthea() -> Option<Self> {
        let folder = synthea()?;
        let transactions = bundles(&folder);
        Some(Self {
            name: "synthea",
            originals: transactions
                .iter()
                .flat_map(|text| resources_of(text))
                .collect(),
            transactions,
            folder: Some(folder),
            marked: false,
            further: Vec::new(),
        })
    }

    /// The generator's own people.
    pub(crate) async fn generated() -> Self {
        let sandbox = portal_sandbox::start(Options::default()).await;
        let sandbox = sandbox.expect("the sandbox starts");
        let further = with_content(&sandbox.patients()[0].patient_id);
        let mut texts = everything(&sandbox).await;
        texts.extend(further.iter().map(Value::to_string));
        let originals: Vec<_> = texts.iter().map(|text| parsed(text)).collect();
        Self {
            name: "generated",
            folder: None,
            transactions: vec![transaction(&texts, &originals)],
            originals,
            marked: true,
            further,
        }
    }
}

/// A document whose content is a Binary, which the generator makes none of.
fn with_content(patient: &str) -> Vec<Value> {
    let of = Fixture::of(patient);
    let mut document = of.record("DocumentReference", "with-content");
    document["content"][0]["attachment"]["url"] = json!("Binary/content");
    vec![document, of.record("Binary", "content")]
}

/// `Patient/1`.
pub(crate) fn address(resource: &Value) -> String {
    let text = |name: &str| resource[name].as_str().expect("a text").to_owned();
    format!("{}/{}", text("resourceType"), text("id"))
}

/// Puts other texts for those that have a name.
fn resolve(value: &mut Value, names: &HashMap<String, String>) {
    match value {
        Value::String(text) => {
            if let Some(name) = names.get(text) {
                name.clone_into(text);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| resolve(item, names)),
        Value::Object(members) => members.values_mut().for_each(|it| resolve(it, names)),
        _ => {}
    }
}

/// JSON that is known to be some.
pub(crate) fn parsed(text: &str) -> Value {
    serde_json::from_str(text).expect("it is JSON")
}

fn bundles(folder: &PathBuf) -> Vec<String> {
    let files = std::fs::read_dir(folder).expect("the folder can be read");
    let mut files: Vec<_> = files
        .map(|file| file.expect("a file").path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "json")
        })
        .collect();
    files.sort();
    let read = |path: &PathBuf| std::fs::read_to_string(path).expect("a file can be read");
    files.iter().map(read).collect()
}

/// The resources of a transaction, with its `urn:uuid:` references resolved.
fn resources_of(transaction: &str) -> Vec<Value> {
    let transaction = parsed(transaction);
    let entries = transaction["entry"].as_array().expect("entries");
    let urn = |entry: &Value| entry["fullUrl"].as_str().map(str::to_owned);
    let addresses: HashMap<_, _> = entries
        .iter()
        .filter_map(|entry| Some((urn(entry)?, address(&entry["resource"]))))
        .collect();
    let resolved = |entry: &Value| {
        let mut resource = entry["resource"].clone();
        resolve(&mut resource, &addresses);
        mark(&mut resource);
        resource
    };
    entries.iter().map(resolved).collect()
}

/// What a laboratory says of what it holds and nobody has marked.
fn mark(resource: &mut Value) {
    let laboratory = resource.to_string().contains(r#""code":"laboratory""#);
    let kind = resource["resourceType"].as_str().unwrap_or_default();
    if matches!(kind, "DiagnosticReport" | "Specimen") || (kind == "Observation" && laboratory) {
        let tags = &mut resource["meta"]["tag"];
        let mut marked = tags.as_array().cloned().unwrap_or_default();
        marked.push(json!({"system": RELEASE, "code": "released"}));
        *tags = json!(marked);
    }
}

/// The text of everything that the first tenant's people and directories have, each once.
async fn everything(sandbox: &Sandbox) -> Vec<String> {
    let mut queries: Vec<_> = SHARED
        .map(|(source, kind)| (source, format!("{kind}?")))
        .into();
    for person in sandbox.patients().iter().filter(|it| it.tenant == TENANT) {
        let of = |parameter: &str| format!("?{parameter}={}&", person.patient_id);
        let held = plain::HELD.iter();
        queries.extend(held.map(|(source, kind, by)| (*source, format!("{kind}{}", of(by)))));
    }
    let (mut texts, mut seen) = (Vec::new(), HashSet::new());
    for (source, query) in queries {
        for found in searched(sandbox, source, &format!("{query}_count=500")).await {
            let (kind, id) = (found["resourceType"].as_str(), found["id"].as_str());
            let held = sandbox.resource(
                source,
                Some(TENANT),
                kind.expect("a type"),
                id.expect("an id"),
            );
            let text = String::from_utf8(held.expect("it was found").into()).expect("a text");
            if seen.insert(address(&found)) {
                texts.push(text);
            }
        }
    }
    texts
}

async fn searched(sandbox: &Sandbox, source: &str, query: &str) -> Vec<Value> {
    let mut url = Some(format!("{}/{query}", sandbox.source_url(source)));
    let mut found = Vec::new();
    let client = reqwest::Client::new();
    while let Some(next) = url {
        let asked = client.get(next).header("X-Tenant-ID", TENANT).send().await;
        let page = Answer::read(asked.expect("the source answers")).await;
        assert_eq!(page.status, 200, "{source} {query}");
        found.extend(page.resources());
        url = page.next();
    }
    found
}

/// One transaction of everything, in which each refers to each by a `urn:uuid:`.
fn transaction(texts: &[String], originals: &[Value]) -> String {
    let urns: HashMap<_, _> = originals
        .iter()
        .enumerate()
        .map(|(index, original)| (address(original), urn(index)))
        .collect();
    let entry = |(index, text): (usize, &String)| {
        let (full_url, resource) = (urn(index), renamed(text, &urns));
        let kind = &originals[index]["resourceType"];
        format!(
            r#"{{"fullUrl":"{full_url}","resource":{resource},"request":{{"method":"POST","url":{kind}}}}}"#
        )
    };
    let entries: Vec<_> = texts.iter().enumerate().map(entry).collect();
    let entries = entries.join(",");
    format!(r#"{{"resourceType":"Bundle","type":"transaction","entry":[{entries}]}}"#)
}

/// The text with other texts for those of its strings that have a name.
fn renamed(text: &str, names: &HashMap<String, String>) -> String {
    let parts = text
        .split('"')
        .map(|part| names.get(part).map_or(part, String::as_str));
    parts.collect::<Vec<_>>().join("\"")
}

fn urn(index: usize) -> String {
    format!("urn:uuid:00000000-0000-4000-8000-{index:012}")
}
