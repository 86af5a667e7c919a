//! Records by tenant and source, in the order in which they came.

use std::collections::HashMap;
use std::sync::Arc;

use crate::record::Record;
use crate::search::Search;
use crate::source::Source;

/// A record, and whom it is listed for besides its own patients.
struct Listed {
    record: Arc<Record>,
    listed_for: Option<String>,
}

/// Everything that the sources hold.
pub(crate) struct Store {
    default_tenant: String,
    held: HashMap<(String, Source), Vec<Listed>>,
}

impl Store {
    /// A store whose calls without a tenant mean `default_tenant`.
    pub(crate) fn new(default_tenant: &str) -> Self {
        Self {
            default_tenant: default_tenant.to_owned(),
            held: HashMap::new(),
        }
    }

    /// Stores a record in place of one of the same type and id.
    pub(crate) fn put(
        &mut self,
        tenant: Option<&str>,
        source: Source,
        record: Arc<Record>,
        listed_for: Option<String>,
    ) {
        let held = self.held.entry(self.key(tenant, source)).or_default();
        let same = held
            .iter_mut()
            .find(|kept| kept.record.is(&record.resource_type, &record.id));
        let listed = Listed { record, listed_for };
        match same {
            Some(kept) => *kept = listed,
            None => held.push(listed),
        }
    }

    /// Appends records that are known to be new, without looking for older ones.
    pub(crate) fn load(&mut self, tenant: &str, source: Source, record: Arc<Record>) {
        let held = self.held.entry((tenant.to_owned(), source)).or_default();
        held.push(Listed {
            record,
            listed_for: None,
        });
    }

    /// Whether there was such a record.
    pub(crate) fn delete(
        &mut self,
        tenant: Option<&str>,
        source: Source,
        resource_type: &str,
        id: &str,
    ) -> bool {
        let key = self.key(tenant, source);
        let Some(held) = self.held.get_mut(&key) else {
            return false;
        };
        let before = held.len();
        held.retain(|kept| !kept.record.is(resource_type, id));
        held.len() < before
    }

    pub(crate) fn read(
        &self,
        tenant: Option<&str>,
        source: Source,
        resource_type: &str,
        id: &str,
    ) -> Option<Arc<Record>> {
        self.held(tenant, source)
            .find(|kept| kept.record.is(resource_type, id))
            .map(|kept| Arc::clone(&kept.record))
    }

    /// Every record of the type that matches.
    pub(crate) fn search(
        &self,
        tenant: Option<&str>,
        source: Source,
        resource_type: &str,
        search: &Search,
    ) -> Vec<Arc<Record>> {
        self.held(tenant, source)
            .filter(|kept| kept.record.resource_type == resource_type)
            .filter(|kept| search.matches(&kept.record, kept.listed_for.as_deref()))
            .map(|kept| Arc::clone(&kept.record))
            .collect()
    }

    /// Every record of the type.
    pub(crate) fn of_type(
        &self,
        tenant: Option<&str>,
        source: Source,
        resource_type: &str,
    ) -> Vec<Arc<Record>> {
        self.held(tenant, source)
            .filter(|kept| kept.record.resource_type == resource_type)
            .map(|kept| Arc::clone(&kept.record))
            .collect()
    }

    /// Records of the type that belong to somebody whom the search does not name.
    pub(crate) fn foreign(
        &self,
        tenant: Option<&str>,
        source: Source,
        resource_type: &str,
        search: &Search,
    ) -> Vec<Arc<Record>> {
        self.held(tenant, source)
            .map(|kept| &kept.record)
            .filter(|record| record.resource_type == resource_type)
            .filter(|record| !record.patients.iter().any(|id| search.names_patient(id)))
            .take(3)
            .map(Arc::clone)
            .collect()
    }

    fn held(&self, tenant: Option<&str>, source: Source) -> impl Iterator<Item = &Listed> {
        self.held
            .get(&self.key(tenant, source))
            .into_iter()
            .flatten()
    }

    fn key(&self, tenant: Option<&str>, source: Source) -> (String, Source) {
        (tenant.unwrap_or(&self.default_tenant).to_owned(), source)
    }
}
