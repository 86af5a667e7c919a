//! What of a record an admitted caller is shown, and in what form.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::super::markers::markers_of;
use super::admit::{View, unlicensed};
use super::contents::binary;
use super::json::{each, text};
use super::proxy::{opens, opens_type};
use super::release::{Judged, Who, Why};
use super::search::in_range;
use super::sensitive::Class;
use super::sets::{SETS, STATEMENTS, Set, meant};
use super::taken::without_restricted;

/// One record as it is shown.
#[derive(Debug, Clone)]
pub(in super::super) struct Shown {
    /// Its id here.
    pub(in super::super) id: String,
    /// Its set.
    pub(super) set: Set,
    /// What is left of it.
    pub(in super::super) value: Value,
    /// Whether a newer version of the same thing is shown.
    pub(super) superseded: bool,
    /// The markers that are left of it.
    pub(in super::super) markers: BTreeSet<u32>,
}

impl View<'_> {
    fn who(&self) -> Who {
        self.proxy.as_ref().map_or(Who::Patient, |proxy| proxy.who)
    }

    /// The verdict on a record by itself.
    pub(super) fn verdict(&self, resource: &Value, set: Set) -> Option<Why> {
        let Self { tenant, now, .. } = self;
        let judged = Judged {
            resource,
            source: set.source,
            policy: &tenant.settings["releasePolicy"],
            now: *now,
        };
        // Policies are about findings, not about who the patient is, nor where the doctor is.
        let is_finding = set.resource_type != "Patient" && !set.is_directory();
        let policy = || judged.policy(self.who()).filter(|_| is_finding);
        judged
            .floor()
            .or_else(|| self.sensitive(resource, set))
            .or_else(policy)
    }

    fn sensitive(&self, resource: &Value, set: Set) -> Option<Why> {
        let visible = self.proxy.as_ref()?.visible.as_ref()?;
        if set.is_directory() {
            return None;
        }
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
            && !unlicensed(self.tenant).contains(&resource_type)
            && self
                .proxy
                .as_ref()
                .is_none_or(|proxy| opens_type(proxy, resource_type))
    }

    fn covers(&self, set: Set, resource: &Value) -> bool {
        self.caller.scopes.cover(resource, self.letter) && self.delegates(set, resource)
    }

    fn delegates(&self, set: Set, resource: &Value) -> bool {
        let proxy = self.proxy.as_ref();
        proxy.is_none_or(|proxy| opens(proxy, set, resource))
    }

    /// What is shown of a type, by anything that lists it whole.
    pub(in super::super) fn shown(&self, resource_type: &str) -> Vec<Shown> {
        let mut shown = self.shown_in_any_version(resource_type);
        shown.retain(|one| !one.superseded);
        shown
    }

    /// The same, with what a newer version of the same thing supersedes.
    pub(super) fn shown_in_any_version(&self, resource_type: &str) -> Vec<Shown> {
        let mut sets = SETS.iter();
        let is_of_type = |set: &&Set| set.resource_type == resource_type && set.is_fhir();
        let mut shown = Vec::new();
        for set in sets.by_ref().filter(is_of_type) {
            shown.extend(self.shown_of(*set));
        }
        shown
    }

    /// What is shown of one set, in any version.
    pub(super) fn shown_of(&self, set: Set) -> Vec<Shown> {
        if !self.reads(set.resource_type) {
            return Vec::new();
        }
        let visible = self.verdicts(set).visible();
        let covered = visible.iter().filter(|one| self.covers(set, one));
        let shown = covered.map(|one| Shown {
            superseded: is_superseded(one, &visible),
            ..self.form(one, set)
        });
        let shown = shown.filter_map(|one| match set.resource_type {
            "Provenance" => self.about_what_is_shown(one),
            "Medication" => self.is_reached(&one.id).then_some(one),
            _ => Some(one),
        });
        shown.collect()
    }

    /// A Provenance with as much of what it is about as is shown; nothing of it where that is
    /// nothing.
    fn about_what_is_shown(&self, mut one: Shown) -> Option<Shown> {
        let targets: Vec<Value> = each(&one.value["target"]).into_iter().cloned().collect();
        let is_shown = |target: &Value| {
            let (resource_type, id) = text(target, "reference").split_once('/')?;
            let set = meant(resource_type, one.set.source)?;
            let about_itself = resource_type == "Provenance";
            (!about_itself && self.shows(set, id)).then_some(())
        };
        let left: Vec<Value> = targets
            .into_iter()
            .filter(|it| is_shown(it).is_some())
            .collect();
        if left.is_empty() {
            return None;
        }
        one.value["target"] = left.into();
        self.mask(&mut one.value, one.set.source);
        one.markers = markers_of(&one.value);
        Some(one)
    }

    /// Whether the record of an id at a set's source is shown.
    fn shows(&self, set: Set, id: &str) -> bool {
        if !self.reads(set.resource_type) {
            return false;
        }
        let visible = self.verdicts(set).visible();
        let mut found = visible.iter().filter(|one| text(one, "id") == id);
        found.any(|one| self.covers(set, one) && !is_superseded(one, &visible))
    }

    /// Whether something visible of this record refers to a Medication: by whatever scope.
    fn is_reached(&self, id: &str) -> bool {
        let ways = SETS
            .iter()
            .filter(|set| ["MedicationRequest", "MedicationDispense"].contains(&set.resource_type));
        ways.into_iter().any(|set| {
            let all = self.verdicts(*set).visible();
            let refers = |one: &&&Value| medication(one).as_deref() == Some(id);
            all.iter()
                .filter(refers)
                .any(|one| !is_superseded(one, &all) && self.delegates(*set, one))
        })
    }

    fn form(&self, resource: &Value, set: Set) -> Shown {
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
        // What a Provenance is about is chosen before anything in it is masked.
        if set.resource_type != "Provenance" {
            self.mask(&mut value, set.source);
        }
        Shown {
            id: set.address(text(resource, "id")),
            set,
            markers: markers_of(&value),
            value,
            superseded: false,
        }
    }
}

impl View<'_> {
    /// The statements that are shown.
    pub(in super::super) fn statements(&self) -> Vec<Shown> {
        self.shown_of(STATEMENTS)
    }

    /// The contents that something shown names.
    pub(in super::super) fn contents(&self) -> Vec<&Value> {
        let planted = self.world.planted.iter();
        let own = planted.filter(|planted| planted.tenant == self.tenant.id);
        let binaries = own.filter(|planted| text(&planted.value, "resourceType") == "Binary");
        let named = binaries.filter(|planted| {
            let id = format!("doc.{}", text(&planted.value, "id"));
            binary(self, &id).is_ok()
        });
        named.map(|planted| &planted.value).collect()
    }

    /// Which sets miss something that nobody can vouch for.
    pub(in super::super) fn incomplete(&self) -> Vec<bool> {
        let incomplete = |set| self.verdicts(set).held.incomplete;
        SETS.map(incomplete).to_vec()
    }

    /// How many results of a set and the asked range the caller may hear of as held.
    pub(in super::super) fn held(
        &self,
        (source, resource_type): (&str, &str),
        pairs: &[(String, String)],
    ) -> usize {
        if self.proxy.is_some() || !self.caller.first_party {
            return 0;
        }
        let set = meant(resource_type, source).expect("a set");
        let held = self.verdicts(set).each();
        let held = held.filter(|(_, verdict)| *verdict == Some(Why::Held));
        let scopes = &self.caller.scopes;
        held.filter(|(one, _)| scopes.cover(one, self.letter) && in_range(one, pairs))
            .count()
    }
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

/// The address of the Medication that a record refers to by its own element.
pub(super) fn medication(resource: &Value) -> Option<String> {
    let target = text(&resource["medicationReference"], "reference");
    let id = target.strip_prefix("Medication/")?;
    meant("Medication", "medication").map(|set| set.address(id))
}
