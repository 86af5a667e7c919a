//! The deployment's settings of sources, as loading needs them.

use std::sync::Arc;
use std::time::Duration;

use portal_domain::id::TenantId;
use portal_domain::patient_link::PatientIds;
use portal_domain::release::{ReleaseMode, ReleaseRules};
use portal_domain::sensitivity::LabelMode;
use portal_domain::source::{RecordSet, Source};
use portal_fhir::{AddressBook, AddressBookError, Base, ResourceType};

use crate::ports::LinkPlace;

/// One source's settings.
#[derive(Debug, Clone)]
pub struct SourceRules {
    /// Its base URL without a slash at its end; `{tenant}` stands for the tenant.
    pub base_url: String,
    /// The short code of its base in record ids.
    pub code: String,
    /// What it shows.
    pub release: ReleaseRules,
    /// How it names patients; the same for sources with one URL.
    pub patient_ids: PatientIds,
}

/// How records are addressed, aged and released.
#[derive(Debug)]
pub struct RecordRules {
    sources: Vec<SourceRules>,
    of_portal: ReleaseRules,
    base_of: Vec<usize>,
    book: Arc<AddressBook>,
    templated: bool,
    public_url: String,
}

/// One source's share of a request.
pub(crate) const SOURCE_BUDGET: Duration = Duration::from_millis(1_500);
/// Seconds after which a source that failed, and is still asked, is worth asking again.
pub(crate) const RETRY_AFTER: u32 = 5;

const TENANT: &str = "{tenant}";

impl RecordRules {
    /// Checks codes and authorities. `sources` are in the order of [`Source::ALL`]; sources with
    /// one URL share the first's code.
    pub fn new(sources: Vec<SourceRules>, public_url: String) -> Result<Self, AddressBookError> {
        let (bases, base_of) = bases(&sources, None);
        let book = AddressBook::new(bases, authority(&base_of))?;
        let templated = sources
            .iter()
            .any(|source| source.base_url.contains(TENANT));
        Ok(Self {
            sources,
            of_portal: ReleaseRules {
                mode: ReleaseMode::ByStatus,
                tag_system: Box::default(),
                labels: LabelMode::None,
            },
            base_of,
            book: Arc::new(book),
            templated,
            public_url,
        })
    }

    /// The addresses as one tenant's sources write them.
    pub(crate) fn book(&self, tenant: &TenantId) -> Arc<AddressBook> {
        if !self.templated {
            return Arc::clone(&self.book);
        }
        let (bases, base_of) = bases(&self.sources, Some(tenant));
        AddressBook::new(bases, authority(&base_of))
            .map_or_else(|_| Arc::clone(&self.book), Arc::new)
    }

    /// Ids in both directions; URLs of bases with `{tenant}` are those of no tenant.
    pub(crate) fn addresses(&self) -> &AddressBook {
        &self.book
    }

    /// The id at a source of what has an id here; none of what another base holds.
    pub(crate) fn id_at(&self, source: Source, id: &str) -> Option<String> {
        let (base, upstream_id) = self.book.inward(id)?;
        (self.base(source) == Some(base)).then_some(upstream_id)
    }

    /// The base of a source; the portal itself has none.
    pub(crate) fn base(&self, source: Source) -> Option<usize> {
        self.base_of.get(source as usize).copied()
    }

    pub(crate) fn base_url(&self, source: Source, tenant: &TenantId) -> String {
        let settings = self.sources.get(source as usize);
        let url = settings.map_or("", |settings| &settings.base_url);
        url.replace(TENANT, tenant.as_str())
    }

    /// The sets that are read together with a set, itself included: all of its type that one base
    /// holds, in the order of the sets. What is nobody's is asked for by its ids.
    pub(crate) fn read_together(&self, set: RecordSet) -> Vec<RecordSet> {
        if !set.is_fhir() {
            return vec![set];
        }
        let base = self.base(set.source());
        RecordSet::of_type(set.resource_type())
            .filter(|other| self.base(other.source()) == base)
            .collect()
    }

    /// The category that a source is asked for: none where it is asked for other sets as well.
    pub(crate) fn asked_category(&self, set: RecordSet) -> Option<&'static str> {
        set.category()
            .filter(|_| self.read_together(set).len() == 1)
    }

    /// The source that is asked for a set: the first of those that share its base and type.
    pub(crate) fn asked_source(&self, set: RecordSet) -> Source {
        let first = self.read_together(set).first().copied();
        first.unwrap_or(set).source()
    }

    /// Where a source's own patient ids are kept; none for one that uses registration's.
    pub(crate) fn link_place(&self, source: Source, tenant: &TenantId) -> Option<LinkPlace> {
        match &self.sources.get(source as usize)?.patient_ids {
            PatientIds::Shared => None,
            PatientIds::Identifier(system) => Some(LinkPlace {
                tenant: tenant.clone(),
                base: self.base_url(source, tenant).into(),
                system: system.clone(),
            }),
        }
    }

    pub(crate) fn release(&self, source: Source) -> &ReleaseRules {
        let settings = self.sources.get(source as usize);
        settings.map_or(&self.of_portal, |settings| &settings.release)
    }

    pub(crate) fn public_url(&self) -> &str {
        &self.public_url
    }
}

fn bases(sources: &[SourceRules], tenant: Option<&TenantId>) -> (Vec<Base>, Vec<usize>) {
    let mut urls: Vec<&str> = Vec::new();
    let mut bases = Vec::new();
    let base_of = sources
        .iter()
        .map(|source| {
            urls.iter()
                .position(|url| *url == source.base_url)
                .unwrap_or_else(|| {
                    urls.push(&source.base_url);
                    let url = tenant.map_or_else(
                        || source.base_url.clone(),
                        |tenant| source.base_url.replace(TENANT, tenant.as_str()),
                    );
                    bases.push(Base {
                        url,
                        code: source.code.clone(),
                    });
                    bases.len() - 1
                })
        })
        .collect();
    (bases, base_of)
}

fn authority(base_of: &[usize]) -> Vec<(ResourceType, Vec<usize>)> {
    ResourceType::ALL
        .iter()
        .map(|resource_type| {
            let mut bases: Vec<usize> = RecordSet::of_type(*resource_type)
                .filter_map(|set| base_of.get(set.source() as usize).copied())
                .collect();
            bases.dedup();
            (*resource_type, bases)
        })
        .collect()
}
