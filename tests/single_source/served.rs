//! Everything that is served, and the records that it was made of, kept for validators.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use jiff::SignedDuration;
use portal_sandbox::Fault;
use portal_tests::{Answer, required};
use serde_json::{Value, json};

use crate::deployment::Deployment;
use crate::plain;
use crate::records::{Records, address};
use crate::references::targets_of;
use crate::walk::Seen;

/// Types that are the portal's own.
const OWN: [&str; 3] = ["AuditEvent", "Consent", "RelatedPerson"];
/// A log of all that was read here is long, and its events are alike.
const LOG_PAGES: usize = 4;
/// What is refused, for the answers that say so.
const REFUSED: [&str; 3] = [
    "Observation/none",
    "Observation?code:in=x",
    "Observation?patient=other",
];
const DOCUMENTS: [&str; 2] = ["chart/summary", "chart/vitals?limit=7"];
/// What two sources answer together.
const SHARED: &str = "/fhir/R4/Observation?_count=20";
/// From so long after a source was asked on, its records are old, and gone.
const OLD: SignedDuration = SignedDuration::from_mins(1);
const GONE: SignedDuration = SignedDuration::from_mins(10);

/// Lines for validators: what was served, with the address in the records of each part, and the
/// records themselves.
pub(crate) struct Served {
    name: &'static str,
    served: String,
    sources: String,
}

impl Served {
    /// Nothing yet, of these records.
    pub(crate) fn of(records: &Records) -> Self {
        let mut sources = String::new();
        for original in &records.originals {
            let line = json!({"origin": address(original), "resource": original});
            writeln!(sources, "{line}").expect("a text takes it");
        }
        Self {
            name: records.name,
            served: String::new(),
            sources,
        }
    }

    /// Keeps what a deployment serves its people.
    pub(crate) async fn keep(&mut self, deployment: &Deployment) {
        for person in &deployment.people {
            let seen = deployment.seen_by(person);
            self.keep_searches(&seen).await;
            for path in REFUSED.into_iter().chain(["Observation?_summary=count"]) {
                self.keep_one(&seen, &format!("/fhir/R4/{path}")).await;
            }
            for path in DOCUMENTS {
                self.keep_one(&seen, &format!("/v1/portal/{path}")).await;
            }
        }
        let first = deployment.seen_by(&deployment.people[0]);
        self.keep_one(&first, "/fhir/R4/metadata").await;
    }

    /// Keeps what is served while a source is down: old records, then none, and the word about it.
    pub(crate) async fn keep_degraded(&mut self, deployment: &Deployment) {
        let seen = deployment.seen_by(&deployment.people[0]);
        let down = Fault::status(503);
        deployment.portal.sandbox.set_fault("laboratory", down);
        for late in [OLD, GONE] {
            deployment.portal.clock.advance(late);
            for path in [SHARED, "/v1/portal/chart/summary"] {
                let answer = seen.get_once(path).await;
                self.keep_answer(&seen, path, &answer);
                assert_eq!(answer.status, 200, "{path}");
                let said = path != SHARED || answer.says("OperationOutcome");
                assert!(said, "what is missing is not said");
            }
        }
        deployment.portal.sandbox.clear_faults();
    }

    async fn keep_searches(&mut self, seen: &Seen<'_>) {
        let mut targets = BTreeSet::new();
        for kind in plain::types().into_iter().chain(OWN) {
            let mut next = Some(format!("/fhir/R4/{kind}?_count=50"));
            let mut left = if kind == "AuditEvent" {
                LOG_PAGES
            } else {
                usize::MAX
            };
            while let Some(path) = next.filter(|_| left > 0) {
                left -= 1;
                let page = self.keep_one(seen, &path).await;
                targets_of(&page.json(), &mut targets);
                next = page
                    .next()
                    .map(|link| seen.deployment.portal.path_of(&link));
            }
        }
        for target in targets {
            let kind = target.split('/').next().unwrap_or_default();
            if !plain::types().contains(kind) && !kind.starts_with('#') && kind != "Binary" {
                self.keep_one(seen, &format!("/fhir/R4/{target}")).await;
            }
        }
    }

    async fn keep_one(&mut self, seen: &Seen<'_>, path: &str) -> Answer {
        let answer = seen.get(path).await;
        self.keep_answer(seen, path, &answer);
        answer
    }

    fn keep_answer(&mut self, seen: &Seen<'_>, path: &str, answer: &Answer) {
        let body = answer.json();
        let parts = match body["entry"].as_array() {
            Some(entries) => entries.iter().map(|entry| &entry["resource"]).collect(),
            None => vec![&body],
        };
        let names = &seen.deployment.names;
        let origin = |part: &&Value| part["id"].as_str().and_then(|id| names.original(id));
        let origins: Vec<_> = parts.iter().map(origin).collect();
        let from = format!("{} {} {path}", self.name, seen.deployment.name);
        let line = json!({"from": from, "origins": origins, "resource": body});
        writeln!(self.served, "{line}").expect("a text takes it");
    }

    /// Writes both down where the run wants them.
    pub(crate) fn write(&self) {
        let folder = required("SERVED_DIR");
        let folder = Path::new(&folder);
        for (kind, lines) in [("served", &self.served), ("sources", &self.sources)] {
            let file = folder.join(format!("{}.{kind}.ndjson", self.name));
            std::fs::write(file, lines).expect("the folder can be written");
        }
    }
}
