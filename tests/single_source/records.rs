//! The records that both deployments have: as plain resources, and as transactions.

use std::collections::HashMap;
use std::path::PathBuf;

use portal_sandbox::{Options, Sandbox};
use portal_tests::{Answer, Fixture, synthea};
use serde_json::{Value, json};

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
    /// The same as another server is sent them.
    pub(crate) transactions: Vec<Value>,
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
            originals: transactions.iter().flat_map(resources_of).collect(),
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
        let mut originals = everything(&sandbox).await;
        originals.extend(further.clone());
        Self {
            name: "generated",
            folder: None,
            transactions: vec![transaction(&originals)],
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

/// Calls `change` on every text with the name of its member.
pub(crate) fn each_text(value: &mut Value, name: &str, change: &impl Fn(&str, &str) -> String) {
    match value {
        Value::String(text) => *text = change(name, text),
        Value::Array(items) => items
            .iter_mut()
            .for_each(|item| each_text(item, name, change)),
        Value::Object(members) => members
            .iter_mut()
            .for_each(|(name, value)| each_text(value, name, change)),
        _ => {}
    }
}

fn bundles(folder: &PathBuf) -> Vec<Value> {
    let files = std::fs::read_dir(folder).expect("the folder can be read");
    let mut files: Vec<_> = files
        .map(|file| file.expect("a file").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .collect();
    files.sort();
    let read = |path: &PathBuf| {
        let text = std::fs::read_to_string(path).expect("a file can be read");
        serde_json::from_str(&text).expect("a Bundle")
    };
    files.iter().map(read).collect()
}

/// The resources of a transaction, with its `urn:uuid:` references resolved.
fn resources_of(transaction: &Value) -> Vec<Value> {
    let entries = transaction["entry"].as_array().expect("entries");
    let urn = |entry: &Value| entry["fullUrl"].as_str().map(str::to_owned);
    let addresses: HashMap<_, _> = entries
        .iter()
        .filter_map(|entry| Some((urn(entry)?, address(&entry["resource"]))))
        .collect();
    let resolve = |_: &str, text: &str| addresses.get(text).map_or(text, String::as_str).to_owned();
    let resolved = |entry: &Value| {
        let mut resource = entry["resource"].clone();
        each_text(&mut resource, "", &resolve);
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

async fn everything(sandbox: &Sandbox) -> Vec<Value> {
    let mut found: Vec<Value> = Vec::new();
    let mut add = |more: Vec<Value>| {
        for resource in more {
            if !found.iter().any(|one| address(one) == address(&resource)) {
                found.push(resource);
            }
        }
    };
    for person in sandbox.patients().iter().filter(|it| it.tenant == TENANT) {
        for (source, kind, parameter) in crate::plain::HELD {
            let query = format!("{kind}?{parameter}={}&_count=500", person.patient_id);
            add(searched(sandbox, source, &query).await);
        }
    }
    for (source, kind) in SHARED {
        add(searched(sandbox, source, &format!("{kind}?_count=500")).await);
    }
    found
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
fn transaction(originals: &[Value]) -> Value {
    let urns: HashMap<_, _> = originals
        .iter()
        .enumerate()
        .map(|(index, original)| (address(original), urn(index)))
        .collect();
    let refer = |name: &str, text: &str| {
        let refers = matches!(name, "reference" | "url");
        let urn = urns.get(text).filter(|_| refers);
        urn.cloned().unwrap_or_else(|| text.to_owned())
    };
    let entry = |(index, original): (usize, &Value)| {
        let mut resource = original.clone();
        each_text(&mut resource, "", &refer);
        let kind = resource["resourceType"].clone();
        json!({"fullUrl": urn(index), "resource": resource, "request": {"method": "POST", "url": kind}})
    };
    let entries: Vec<_> = originals.iter().enumerate().map(entry).collect();
    json!({"resourceType": "Bundle", "type": "transaction", "entry": entries})
}

fn urn(index: usize) -> String {
    format!("urn:uuid:00000000-0000-4000-8000-{index:012}")
}
