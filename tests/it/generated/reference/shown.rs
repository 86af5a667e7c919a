//! What of a record an admitted caller is shown, and in what form.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::super::markers::markers_of;
use super::admit::View;
use super::json::{each, text};
use super::proxy::{opens, opens_type};
use super::release::{Judged, Who, Why};
use super::search::in_range;
use super::sensitive::Class;
use super::sets::{Held, SETS, Set, address, without_restricted};
use super::verdicts::{Verdicts, mask};

/// One record as it is shown.
#[derive(Debug, Clone)]
pub(in super::super) struct Shown {
    /// Its id here.
    pub(in super::super) id: String,
    /// The source.
    pub(in super::super) source: &'static str,
    /// What is left of it.
    pub(in super::super) value: Value,
    /// Whether a newer version of the same thing is shown.
    pub(super) superseded: bool,
    /// The markers that are left of it.
    pub(in super::super) markers: BTreeSet<u32>,
}

impl<'w> View<'w> {
    fn who(&self) -> Who {
        self.proxy.as_ref().map_or(Who::Patient, |proxy| proxy.who)
    }

    /// Judges everything of the patient.
    pub(in super::super) fn judge(&self) -> Verdicts<'w> {
        let held = |set| Held::of(self.world, &self.tenant.id, self.patient, set);
        let mut judged = Vec::new();
        for held in SETS.map(held) {
            let verdicts = held.resources.iter().map(|one| self.verdict(one, held.set));
            let verdicts = verdicts.collect();
            judged.push((held, verdicts));
        }
        let mut verdicts = Verdicts { sets: judged };
        let hidden: Vec<bool> = verdicts.reports_with_hidden_results();
        for (held, judged) in &mut verdicts.sets {
            if held.set.resource_type == "DiagnosticReport" {
                for (verdict, hidden) in judged.iter_mut().zip(&hidden) {
                    if *hidden {
                        *verdict = verdict.or(Some(Why::Hidden));
                    }
                }
            }
        }
        verdicts
    }

    fn verdict(&self, resource: &Value, set: Set) -> Option<Why> {
        let Self { tenant, now, .. } = self;
        let judged = Judged {
            resource,
            source: set.source,
            policy: &tenant.settings["releasePolicy"],
            now: *now,
        };
        // Policies are about findings, not about who the patient is.
        let policy = || {
            judged
                .policy(self.who())
                .filter(|_| set.resource_type != "Patient")
        };
        judged
            .floor()
            .or_else(|| self.sensitive(resource, set))
            .or_else(policy)
    }

    fn sensitive(&self, resource: &Value, set: Set) -> Option<Why> {
        let visible = self.proxy.as_ref()?.visible.as_ref()?;
        let labelled = self.world.labelled.contains(&set.source);
        let class = Class::of(
            resource,
            labelled,
            &self.tenant.settings["sensitivityCodes"],
        );
        (!class.is_within(visible)).then_some(Why::Hidden)
    }

    /// Whether the caller may see a type at all.
    pub(in super::super) fn reads(&self, resource_type: &str) -> bool {
        self.caller.scopes.allow(resource_type, self.letter)
            && self
                .proxy
                .as_ref()
                .is_none_or(|proxy| opens_type(proxy, resource_type))
    }

    fn covers(&self, resource: &Value) -> bool {
        self.caller.scopes.cover(resource, self.letter)
            && self
                .proxy
                .as_ref()
                .is_none_or(|proxy| opens(proxy, resource))
    }

    /// What is shown of a type, by anything that lists it whole.
    pub(in super::super) fn shown(&self, resource_type: &str) -> Vec<Shown> {
        let mut shown = self.shown_in_any_version(resource_type);
        shown.retain(|one| !one.superseded);
        shown
    }

    /// The same, with what a newer version of the same thing supersedes.
    pub(super) fn shown_in_any_version(&self, resource_type: &str) -> Vec<Shown> {
        if !self.reads(resource_type) {
            return Vec::new();
        }
        let verdicts = self.judge();
        let mut shown = Vec::new();
        for (held, judged) in &verdicts.sets {
            if held.set.resource_type != resource_type {
                continue;
            }
            let visible: Vec<&Value> = held
                .resources
                .iter()
                .zip(judged)
                .filter(|(_, verdict)| verdict.is_none())
                .map(|(resource, _)| *resource)
                .collect();
            let covered = visible.iter().filter(|one| self.covers(one));
            shown.extend(covered.map(|one| Shown {
                superseded: Self::is_superseded(one, &visible),
                ..self.form(one, held.set, &verdicts)
            }));
        }
        shown
    }

    /// Whether a newer version of the same thing passes the same verdicts. Scopes and delegated
    /// rights come behind: they filter the whole answer.
    fn is_superseded(resource: &Value, visible: &[&Value]) -> bool {
        let updated = |one: &Value| one["meta"]["lastUpdated"].as_str().unwrap_or("").to_owned();
        let identifiers = each(&resource["identifier"]);
        visible.iter().any(|other| {
            let same = each(&other["identifier"])
                .iter()
                .any(|one| identifiers.contains(one));
            same && updated(other) > updated(resource)
        })
    }

    fn form(&self, resource: &Value, set: Set, verdicts: &Verdicts<'_>) -> Shown {
        let mut value = without_restricted(resource);
        let reduced = self.proxy.as_ref().is_some_and(|proxy| !proxy.full);
        if reduced && set.resource_type == "Patient" {
            // Its version names the answer, and tells nothing of the patient.
            let version = value["meta"]["versionId"].clone();
            let kept = ["resourceType", "id", "name", "birthDate", "gender"];
            let members = value.as_object_mut().expect("a resource");
            members.retain(|name, _| kept.contains(&&**name));
            value["meta"] = json!({"versionId": version});
        }
        mask(&mut value, verdicts, set.source);
        Shown {
            id: address(set, text(resource, "id")),
            source: set.source,
            markers: markers_of(&value),
            value,
            superseded: false,
        }
    }
}

impl View<'_> {
    /// Which sets miss something that nobody can vouch for.
    pub(in super::super) fn incomplete(&self) -> Vec<bool> {
        self.judge()
            .sets
            .iter()
            .map(|(held, _)| held.incomplete)
            .collect()
    }

    /// How many results of the asked range the caller may hear of as held.
    pub(in super::super) fn held(&self, pairs: &[(String, String)]) -> usize {
        if self.proxy.is_some() || !self.caller.first_party {
            return 0;
        }
        let verdicts = self.judge();
        verdicts
            .held_results()
            .into_iter()
            .filter(|one| self.covers(one) && in_range(one, pairs))
            .count()
    }
}
