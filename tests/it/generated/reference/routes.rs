//! The routes, and what each may show of what an admitted caller may see.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::Value;

use super::super::markers::markers_of;
use super::super::world::{Caller, World};
use super::admit::{CONTENT, Need, Right, View, admit};
use super::contents::{binary, calendar, content, demographics, providers, trends};
use super::json::codes;
use super::listings::Listing;
use super::overviews::{me, summary, with_parts};
use super::search::matches;
use super::searches::search;
use super::shown::Shown;

/// One request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) enum Route {
    /// `GET /v1/portal/me`
    Me,
    /// `GET /v1/portal/chart/summary`
    Summary,
    /// `GET /v1/portal/chart/{section}` with parameters.
    Section(&'static str, Vec<(String, String)>),
    /// `GET /v1/portal/results/labs` with parameters.
    Labs(Vec<(String, String)>),
    /// `GET /v1/portal/results/labs/{id}`
    Lab(String),
    /// `GET /v1/portal/results/labs/trends` with parameters.
    Trends(Vec<(String, String)>),
    /// A list with parameters.
    List(&'static Listing, Vec<(String, String)>),
    /// One record of a list.
    One(&'static Listing, String),
    /// `GET /v1/portal/appointments/{id}/calendar`
    Calendar(String),
    /// `GET /v1/portal/documents/{id}/content`
    Content(String),
    /// `GET /v1/portal/demographics`
    Demographics,
    /// `GET /v1/portal/providers`
    Providers,
    /// `GET /fhir/R4/Binary/{id}`
    Binary(String),
    /// `GET /fhir/R4/{type}` with parameters.
    Search(&'static str, Vec<(String, String)>),
    /// `GET /fhir/R4/{type}/{id}`
    Read(&'static str, String),
}

/// What an answer may and must hold.
#[derive(Debug, Clone, Default)]
pub(in super::super) struct Expected {
    /// The ids that a walk over every page must find, and no others.
    pub(in super::super) ids: BTreeSet<String>,
    /// The ids of what comes beside these.
    pub(in super::super) brought: BTreeSet<String>,
    /// Whether something else may be listed.
    pub(in super::super) loose: bool,
    /// The markers that may appear.
    pub(in super::super) allowed: BTreeSet<u32>,
    /// The markers that must.
    pub(in super::super) required: BTreeSet<u32>,
    /// Results that are held, of which a patient may hear.
    pub(in super::super) held: usize,
    /// Whether it may also not be found.
    pub(in super::super) or_absent: bool,
}

pub(in super::super) const SECTIONS: [(&str, &str); 6] = [
    ("allergies", "AllergyIntolerance"),
    ("medications", "MedicationRequest"),
    ("vitals", "Observation"),
    ("immunizations", "Immunization"),
    ("problems", "Condition"),
    ("documents", "DocumentReference"),
];
impl Route {
    pub(super) fn need(&self) -> Need {
        let need = |fhir, resource_type, letter, right| Need {
            fhir,
            active: true,
            resource_type,
            letter,
            right,
        };
        match self {
            Self::Me => Need {
                active: false,
                ..need(false, "Patient", 'r', Right::Any)
            },
            Self::Summary => need(false, "Patient", 's', Right::Named("summary")),
            Self::Section(name, _) => need(false, of_section(name), 's', Right::Named(name)),
            Self::Labs(_) | Self::Trends(_) => {
                need(false, "Observation", 's', Right::Named("labs"))
            }
            Self::Lab(_) => need(false, "Observation", 'r', Right::Named("labs")),
            Self::List(listing, _) => need(false, listing.resource_type, 's', listing.right),
            Self::One(listing, _) => need(false, listing.resource_type, 'r', listing.right),
            Self::Calendar(_) => need(false, "Appointment", 'r', Right::OfType),
            Self::Content(_) => need(false, "DocumentReference", 'r', Right::Named("documents")),
            Self::Demographics => need(false, "Patient", 'r', Right::Never),
            Self::Providers => need(false, "Appointment", 's', Right::Never),
            Self::Binary(_) => need(true, CONTENT, 'r', Right::Any),
            Self::Search(resource_type, _) => need(true, resource_type, 's', Right::OfType),
            Self::Read(resource_type, _) => need(true, resource_type, 'r', Right::OfType),
        }
    }

    /// Path and query.
    pub(in super::super) fn path(&self) -> String {
        let with = |path: String, pairs: &[(String, String)]| {
            let pairs: Vec<_> = pairs
                .iter()
                .map(|(name, value)| format!("{name}={value}"))
                .collect();
            if pairs.is_empty() {
                path
            } else {
                format!("{path}?{}", pairs.join("&"))
            }
        };
        match self {
            Self::Me => "/v1/portal/me".to_owned(),
            Self::Summary => "/v1/portal/chart/summary".to_owned(),
            Self::Section(name, pairs) => with(format!("/v1/portal/chart/{name}"), pairs),
            Self::Labs(pairs) => with("/v1/portal/results/labs".to_owned(), pairs),
            Self::Lab(id) => format!("/v1/portal/results/labs/{id}"),
            Self::Trends(pairs) => with("/v1/portal/results/labs/trends".to_owned(), pairs),
            Self::List(listing, pairs) => with(format!("/v1/portal/{}", listing.path), pairs),
            Self::One(listing, id) => format!("/v1/portal/{}/{id}", listing.path),
            Self::Calendar(id) => format!("/v1/portal/appointments/{id}/calendar"),
            Self::Content(id) => format!("/v1/portal/documents/{id}/content"),
            Self::Demographics => "/v1/portal/demographics".to_owned(),
            Self::Providers => "/v1/portal/providers".to_owned(),
            Self::Binary(id) => format!("/fhir/R4/Binary/{id}"),
            Self::Search(resource_type, pairs) => with(format!("/fhir/R4/{resource_type}"), pairs),
            Self::Read(resource_type, id) => format!("/fhir/R4/{resource_type}/{id}"),
        }
    }

    /// Whether no delegation opens it.
    pub(in super::super) fn is_never_for_proxies(&self) -> bool {
        self.need().right == Right::Never
    }

    /// Whether it answers something else than JSON.
    pub(in super::super) const fn is_content(&self) -> bool {
        matches!(self, Self::Calendar(_) | Self::Content(_) | Self::Binary(_))
    }

    /// What a caller is answered: what it may hold, or the refusal.
    pub(in super::super) fn expected(
        &self,
        world: &World,
        caller: &Caller,
        now: Timestamp,
    ) -> Result<Expected, &'static str> {
        let view = admit(world, caller, &self.need(), now)?;
        match self {
            Self::Me => Ok(me(&view)),
            Self::Summary => Ok(summary(&with_parts(view))),
            Self::Section(name, pairs) => Ok(section(&view, name, pairs)),
            Self::Labs(pairs) => Ok(labs(&view, pairs)),
            Self::Lab(id) => lab(&view, id),
            Self::Trends(pairs) => Ok(trends(&view, pairs)),
            Self::List(listing, pairs) => Ok(listing.all(&view, pairs)),
            Self::One(listing, id) => listing.one(&view, id),
            Self::Calendar(id) => calendar(&view, id),
            Self::Content(id) => content(&view, id),
            Self::Demographics => demographics(&view),
            Self::Providers => Ok(providers(&view)),
            Self::Binary(id) => binary(&view, id),
            Self::Search(resource_type, pairs) => Ok(search(&view, resource_type, pairs)),
            Self::Read(resource_type, id) => read(&view, resource_type, id),
        }
    }
}

fn of_section(name: &str) -> &'static str {
    let found = SECTIONS.iter().find(|(section, _)| *section == name);
    found.expect("a section").1
}

impl Expected {
    /// Whole resources, and nothing else.
    pub(super) fn whole(shown: &[&Shown]) -> Self {
        let markers: BTreeSet<u32> = shown.iter().flat_map(|one| &one.markers).copied().collect();
        Self {
            ids: shown.iter().map(|one| one.id.clone()).collect(),
            allowed: markers.clone(),
            required: markers,
            ..Self::default()
        }
    }
}

/// A record that is superseded is found by its own id as long as nobody looks at the whole set.
fn read(view: &View<'_>, resource_type: &str, id: &str) -> Result<Expected, &'static str> {
    let shown = view.shown_in_any_version(resource_type);
    let found = shown
        .iter()
        .find(|one| one.id == id)
        .ok_or("404 NOT_FOUND")?;
    Ok(Expected {
        or_absent: found.superseded,
        ..Expected::whole(&[found])
    })
}

fn section(view: &View<'_>, name: &str, pairs: &[(String, String)]) -> Expected {
    let shown = view.shown(of_section(name));
    let is_vital = |one: &Shown| {
        one.set.source == "patient-chart" && codes(&one.value["category"]).contains(&"vital-signs")
    };
    let matching = shown.iter().filter(|one| name != "vitals" || is_vital(one));
    let matching = matching.filter(|one| matches(one, pairs));
    Expected::whole(&matching.collect::<Vec<_>>())
}

fn labs(view: &View<'_>, pairs: &[(String, String)]) -> Expected {
    let shown = of_laboratory(view);
    let matching: Vec<&Shown> = shown.iter().filter(|one| matches(one, pairs)).collect();
    let filtered = pairs
        .iter()
        .any(|(name, _)| name == "code" || name == "category");
    let named = matching.iter().flat_map(|one| label(&one.value["code"]));
    Expected {
        required: named.collect(),
        ids: matching.iter().map(|one| one.id.clone()).collect(),
        allowed: matching
            .iter()
            .flat_map(|one| &one.markers)
            .copied()
            .chain(panels(view))
            .collect(),
        held: if filtered {
            0
        } else {
            view.held(("laboratory", "Observation"), pairs)
        },
        ..Expected::default()
    }
}

fn lab(view: &View<'_>, id: &str) -> Result<Expected, &'static str> {
    let shown = of_laboratory(view);
    let found = shown
        .iter()
        .find(|one| one.id == id)
        .ok_or("404 NOT_FOUND")?;
    Ok(Expected {
        ids: BTreeSet::from([id.to_owned()]),
        required: label(&found.value["code"]),
        allowed: shown
            .iter()
            .flat_map(|one| &one.markers)
            .copied()
            .chain(panels(view))
            .collect(),
        ..Expected::default()
    })
}

pub(super) fn of_laboratory(view: &View<'_>) -> Vec<Shown> {
    let mut shown = view.shown("Observation");
    shown.retain(|one| one.set.source == "laboratory");
    shown
}

/// Reports name panels: their codes and ids.
fn panels(view: &View<'_>) -> BTreeSet<u32> {
    let mut reports = view.shown("DiagnosticReport");
    reports.retain(|one| one.set.source == "laboratory");
    let of_report = |one: &Shown| {
        let mut markers = markers_of(&one.value["code"]);
        markers.extend(markers_of(&one.value["id"]));
        markers
    };
    reports.iter().flat_map(of_report).collect()
}

/// The markers of a concept's own text, which every view of it shows.
fn label(concept: &Value) -> BTreeSet<u32> {
    markers_of(&concept["text"])
}
