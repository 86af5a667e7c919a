//! Who can be booked: the directory's roles with the people, places and organisations of them.

use std::collections::{HashMap, HashSet};

use async_trait::async_trait;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use portal_domain::access::{Action, PatientGrant};
use portal_domain::disclosure::{Answer, Group, Released, ReleasedRecord};
use portal_domain::source::RecordSet;
use portal_fhir::{Header, fold};

use crate::answer::Completeness;
use crate::caller::Caller;
use crate::error::{AccessError, InputError};
use crate::input::{Parameters, invalid};
use crate::look::{Look, Seen};
use crate::operation;
use crate::portal::Inner;

use super::Reading;
use super::directory::{is_in_use, plays};
use super::paging::{Page, binding, page};

/// The group of roles, in order.
pub const PROVIDERS: &str = "providers";
/// The groups of what they refer to.
pub const PRACTITIONERS: &str = "practitioners";
/// As above.
pub const LOCATIONS: &str = "locations";
/// As above.
pub const ORGANIZATIONS: &str = "organizations";

const SETS: [RecordSet; 4] = [
    RecordSet::PractitionerRoles,
    RecordSet::Practitioners,
    RecordSet::Locations,
    RecordSet::Organizations,
];

/// `GET /v1/portal/providers`
pub(crate) struct Providers<'a> {
    pub(crate) raw: &'a [(String, String)],
}

/// What is said about a page.
pub(crate) struct ProvidersAbout {
    pub(crate) next: Option<String>,
    pub(crate) decided_at: Timestamp,
    pub(crate) zone: TimeZone,
    pub(crate) completeness: Completeness,
}

/// What is asked for. Nothing of it goes to the directory: that is fetched whole.
struct Wanted<'a> {
    specialty: Option<&'a str>,
    location: Option<String>,
    /// The beginnings of names, folded.
    names: Vec<String>,
}

/// The folded name and the id of the role.
type ProviderKey = (String, Box<str>);

impl<'a> Wanted<'a> {
    fn read(parameters: &Parameters<'a>, portal: &Inner) -> Result<Self, InputError> {
        let location = parameters.text("locationId")?;
        let rules = portal.loader.rules();
        if location.is_some_and(|id| rules.addresses().inward(id).is_none()) {
            return Err(invalid("locationId"));
        }
        let names = parameters.text("q")?.unwrap_or_default();
        Ok(Self {
            specialty: parameters.text("specialty")?,
            location: location.map(|id| format!("Location/{id}")),
            names: fold(names).split_whitespace().map(str::to_owned).collect(),
        })
    }

    /// Whether each beginning is that of a part of a name.
    fn names_fit(&self, practitioner: &Header) -> bool {
        let names = practitioner.person.iter().flat_map(|it| &it.names);
        let parts = names.flat_map(|name| {
            let given = name.given.iter().chain(&name.prefix);
            given.chain(&name.family).chain(&name.text)
        });
        let folded: Vec<String> = parts.map(|part| fold(part)).collect();
        let words = || folded.iter().flat_map(|part| part.split_whitespace());
        let begins = |asked: &String| words().any(|word| word.starts_with(asked.as_str()));
        self.names.iter().all(begins)
    }

    fn is_there(&self, role: &Header) -> bool {
        let mut places = role.references_at("location");
        self.location
            .as_ref()
            .is_none_or(|wanted| places.any(|it| *it.target == **wanted))
    }
}

/// The directory of one request, by id.
struct Directory {
    roles: Vec<ReleasedRecord>,
    practitioners: HashMap<Box<str>, ReleasedRecord>,
    locations: HashMap<Box<str>, ReleasedRecord>,
    organizations: HashMap<Box<str>, ReleasedRecord>,
}

impl Directory {
    fn of(reading: &Reading<'_>) -> Self {
        let records = |set| -> Vec<ReleasedRecord> {
            let released = reading.released(set);
            released.iter().flat_map(Released::records).collect()
        };
        let by_id = |set| {
            let records = records(set).into_iter();
            records
                .map(|record| (record.header().id.clone(), record))
                .collect()
        };
        Self {
            roles: records(RecordSet::PractitionerRoles),
            practitioners: by_id(RecordSet::Practitioners),
            locations: by_id(RecordSet::Locations),
            organizations: by_id(RecordSet::Organizations),
        }
    }

    /// The roles that are wanted and played now, in the order of their people's names.
    fn wanted(
        &self,
        wanted: &Wanted<'_>,
        now: Timestamp,
        zone: &TimeZone,
    ) -> Vec<(ProviderKey, ReleasedRecord)> {
        let mut found: Vec<_> = self
            .roles
            .iter()
            .filter(|role| wanted.is_there(role.header()))
            .filter_map(|role| {
                let practitioner = self.practitioner(role)?;
                let fits = wanted.names_fit(practitioner.header())
                    && plays(role, wanted.specialty, now, zone)
                    && is_in_use(practitioner);
                let key = (name(practitioner.header()), role.header().id.clone());
                fits.then(|| (key, role.clone()))
            })
            .collect();
        found.sort_by(|one, other| one.0.cmp(&other.0));
        found
    }

    fn practitioner(&self, role: &ReleasedRecord) -> Option<&ReleasedRecord> {
        let mut people = role.header().references_at("practitioner");
        let id = people.next()?.target.strip_prefix("Practitioner/")?;
        self.practitioners.get(id)
    }

    /// The roles of a page with what they refer to and is in use, each once.
    fn answer(&self, roles: Vec<ReleasedRecord>) -> Answer {
        let referred = |element: &str, prefix: &str, of: &HashMap<Box<str>, ReleasedRecord>| {
            let references = roles
                .iter()
                .flat_map(|role| role.header().references_at(element));
            let ids: HashSet<&str> = references
                .filter_map(|it| it.target.strip_prefix(prefix))
                .collect();
            let mut ids: Vec<_> = ids.into_iter().collect();
            ids.sort_unstable();
            let found = ids.into_iter().filter_map(|id| of.get(id));
            found.filter(|it| is_in_use(it)).cloned().collect()
        };
        let people = referred("practitioner", "Practitioner/", &self.practitioners);
        let places = referred("location", "Location/", &self.locations);
        let organizations = referred("organization", "Organization/", &self.organizations);
        let groups = [
            (PRACTITIONERS, people),
            (LOCATIONS, places),
            (ORGANIZATIONS, organizations),
            (PROVIDERS, roles),
        ];
        let groups = groups.map(|(name, records)| Group { name, records });
        Answer::new(groups.into())
    }
}

/// What people are listed by, whatever language is asked for, so that pages follow each other.
fn name(practitioner: &Header) -> String {
    let names = practitioner.person.iter().flat_map(|it| &it.names);
    let official = |name: &&_| is_official(name);
    let first = names
        .clone()
        .find(official)
        .or_else(|| names.clone().next());
    let parts = first.into_iter().flat_map(|name| {
        let written = name.family.iter().chain(&name.given);
        written.chain(&name.text)
    });
    fold(&parts.map(AsRef::as_ref).collect::<Vec<&str>>().join(" "))
}

fn is_official(name: &portal_fhir::HumanName) -> bool {
    name.name_use.as_deref() == Some("official")
}

#[async_trait]
impl Look for Providers<'_> {
    type About = ProvidersAbout;

    fn action(&self) -> Action {
        operation::LIST_PROVIDERS
    }

    async fn look(
        &self,
        portal: &Inner,
        grant: &PatientGrant,
        caller: &Caller,
    ) -> Result<Seen<ProvidersAbout>, AccessError> {
        let known = ["specialty", "locationId", "q", "limit", "cursor"];
        let parameters = Parameters::read(self.raw, &known)?;
        let limit = parameters.limit()?;
        let wanted = Wanted::read(&parameters, portal)?;
        let binding = binding(grant, &parameters.fingerprint());
        let after: Option<ProviderKey> = portal.unseal(&binding, parameters.get("cursor"))?;

        let mut reading = Reading::new(&portal.loader, grant, caller);
        reading.load(&SETS).await;
        // Without roles there is nobody, and without people no role has a name; a place less is said.
        let needed = [RecordSet::PractitionerRoles, RecordSet::Practitioners];
        if let Some(error) = needed.iter().find_map(|set| reading.error(*set)) {
            return Err(error.into());
        }
        let (now, zone) = (grant.decided_at(), &grant.tenant().time_zone);
        let directory = Directory::of(&reading);
        let found = directory.wanted(&wanted, now, zone);
        let Page { items, next } = page(found, after.as_ref(), limit, |(key, _)| key.clone());
        let roles = items.into_iter().map(|(_, role)| role).collect();
        Ok(Seen {
            answer: directory.answer(roles),
            about: ProvidersAbout {
                next: next.map(|key| portal.seal(&binding, &key)),
                decided_at: now,
                zone: zone.clone(),
                completeness: reading.completeness(&SETS),
            },
        })
    }
}
