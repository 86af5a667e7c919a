//! The portal's own lists and single records of the types that have views of their own, as a table.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::super::markers::markers_of;
use super::admit::{ANY_RECORD, Right, View};
use super::json::{each, text};
use super::routes::Expected;
use super::search::matches;
use super::sets::{SETS, STATEMENTS, Set, meant};
use super::shown::Shown;

/// One list.
#[derive(Debug, PartialEq, Eq)]
pub(in super::super) struct Listing {
    /// Its path.
    pub(in super::super) path: &'static str,
    /// The type of its scope.
    pub(in super::super) resource_type: &'static str,
    /// What a proxy needs for it.
    pub(in super::super) right: Right,
    /// What it lists.
    of: Of,
    /// Whether each record has a route of its own behind the list's.
    pub(in super::super) has_one: bool,
    /// The elements that it shows in any case.
    says: &'static [&'static str],
}

/// What is listed.
#[derive(Debug, PartialEq, Eq)]
enum Of {
    /// A type from a source.
    Set(&'static str, &'static str),
    /// Statements.
    Statements,
    /// Every record but for the Patient, and where records come from.
    Everything,
    /// Messages by their threads.
    Threads,
}

const fn listing(
    path: &'static str,
    (resource_type, source): (&'static str, &'static str),
    right: Right,
    says: &'static [&'static str],
) -> Listing {
    Listing {
        path,
        resource_type,
        right,
        of: Of::Set(resource_type, source),
        has_one: true,
        says,
    }
}

const BILLING: Right = Right::Named("billing");

/// Every list.
pub(in super::super) static LISTINGS: [Listing; 8] = [
    Listing {
        of: Of::Everything,
        has_one: false,
        ..listing("chart/timeline", (ANY_RECORD, ""), Right::Any, &[])
    },
    listing(
        "results/radiology",
        ("DiagnosticReport", "radiology"),
        Right::Named("radiology"),
        &["conclusion"],
    ),
    Listing {
        has_one: false,
        ..listing(
            "medications",
            ("MedicationRequest", "medication"),
            Right::Named("medications"),
            &["dosageInstruction"],
        )
    },
    Listing {
        has_one: false,
        ..listing(
            "coverage",
            ("Coverage", "claims"),
            BILLING,
            &["subscriberId", "payor"],
        )
    },
    listing(
        "eob",
        ("ExplanationOfBenefit", "claims"),
        BILLING,
        &["insurer", "provider"],
    ),
    Listing {
        of: Of::Statements,
        ..listing(
            "billing/statements",
            ("ExplanationOfBenefit", "claims"),
            BILLING,
            &[],
        )
    },
    Listing {
        of: Of::Threads,
        ..listing(
            "messages",
            ("Communication", "communication"),
            Right::OfType,
            &[],
        )
    },
    listing(
        "appointments",
        ("Appointment", "scheduling"),
        Right::OfType,
        &["description", "patientInstruction"],
    ),
];

impl Listing {
    fn sets(&self) -> Vec<Set> {
        let all = SETS.iter().copied();
        match self.of {
            Of::Set(resource_type, source) => all
                .filter(|set| set.is_fhir())
                .filter(|set| set.resource_type == resource_type && set.source == source)
                .collect(),
            Of::Statements => vec![STATEMENTS],
            Of::Everything => all
                .filter(|set| set.is_of_patient() && set.is_fhir())
                .filter(|set| !["Patient", "Provenance"].contains(&set.resource_type))
                .collect(),
            Of::Threads => meant("Communication", "").into_iter().collect(),
        }
    }

    /// What it lists, in any version.
    fn shown(&self, view: &View<'_>) -> Vec<Shown> {
        self.sets()
            .into_iter()
            .flat_map(|set| view.shown_of(set))
            .collect()
    }

    /// Whether it may say that something is held, and of what.
    pub(in super::super) fn says_held(&self) -> Option<(&'static str, &'static str)> {
        (self.path == "results/radiology").then_some(("radiology", "DiagnosticReport"))
    }

    fn required(&self, one: &Shown) -> BTreeSet<u32> {
        let said = self
            .says
            .iter()
            .flat_map(|name| markers_of(&one.value[*name]));
        said.chain(markers_of(&one.id.clone().into())).collect()
    }

    /// A walk over all of it.
    pub(super) fn all(&self, view: &View<'_>, pairs: &[(String, String)]) -> Expected {
        let mut shown = self.shown(view);
        shown.retain(|one| !one.superseded && matches(one, pairs));
        if self.of == Of::Threads {
            let allowed = shown.iter().flat_map(|one| &one.markers).copied().collect();
            let ids = threads(&shown).into_keys().collect();
            return Expected {
                ids,
                allowed,
                ..Expected::default()
            };
        }
        Expected {
            required: shown.iter().flat_map(|one| self.required(one)).collect(),
            held: self.says_held().map_or(0, |of| view.held(of, pairs)),
            ..Expected::whole(&shown.iter().collect::<Vec<_>>())
        }
    }

    /// One of it.
    pub(super) fn one(&self, view: &View<'_>, id: &str) -> Result<Expected, &'static str> {
        let mut shown = self.shown(view);
        if self.of == Of::Threads {
            shown.retain(|one| !one.superseded);
            let mut threads = threads(&shown);
            let messages = threads.remove(id).ok_or("404 NOT_FOUND")?;
            let all = Expected::whole(&messages);
            let ids = messages
                .iter()
                .flat_map(|one| markers_of(&one.id.clone().into()));
            return Ok(Expected {
                ids: BTreeSet::from([id.to_owned()]),
                required: ids.collect(),
                ..all
            });
        }
        let found = shown
            .iter()
            .find(|one| one.id == id)
            .ok_or("404 NOT_FOUND")?;
        Ok(Expected {
            required: self.required(found),
            or_absent: found.superseded,
            ..Expected::whole(&[found])
        })
    }
}

/// Messages by the first of each thread: that which nothing visible stands above.
fn threads(shown: &[Shown]) -> BTreeMap<String, Vec<&Shown>> {
    let by_id: BTreeMap<&str, &Shown> = shown.iter().map(|one| (one.id.as_str(), one)).collect();
    let above = |one: &Shown| {
        each(&one.value["inResponseTo"])
            .into_iter()
            .find_map(|it: &Value| {
                let id = text(it, "reference").strip_prefix("Communication/")?;
                by_id.get(format!("com.{id}").as_str()).copied()
            })
    };
    let mut threads: BTreeMap<String, Vec<&Shown>> = BTreeMap::new();
    for one in shown {
        let mut first = one;
        // Messages of these worlds answer older ones alone.
        while let Some(older) = above(first) {
            first = older;
        }
        threads.entry(first.id.clone()).or_default().push(one);
    }
    threads
}
