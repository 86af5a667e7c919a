//! Under which keys things stand in Redis. No key tells whom it is about.

use std::sync::Arc;

use portal_domain::id::{PatientId, TenantId};
use portal_domain::source::{RecordSet, Source};

use crate::crypto::{KeyRing, KeyedHash};

/// Makes keys such as `portal:{k3y…}:set:results`. The hash in braces is all that Redis Cluster
/// looks at, so everything about one patient is in one slot (docs:
/// <https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/#hash-tags>).
pub(super) struct Names {
    prefix: Box<str>,
    hash: KeyedHash,
}

/// What one patient's keys begin with.
pub(super) struct PatientNames(String);

impl Names {
    pub(super) fn new(prefix: &str, ring: &Arc<KeyRing>) -> Self {
        Self {
            prefix: prefix.into(),
            hash: KeyedHash::new(ring, "record-cache-key"),
        }
    }

    pub(super) fn prefix(&self) -> &str {
        &self.prefix
    }

    pub(super) fn of(&self, tenant: &TenantId, patient: &PatientId) -> PatientNames {
        let hash = self.hash.text(&[tenant.as_str(), patient.as_str()]);
        PatientNames(format!("{}:{{{hash}}}", self.prefix))
    }
}

impl PatientNames {
    pub(super) fn set(&self, set: RecordSet) -> String {
        format!("{}:set:{}", self.0, set.name())
    }

    pub(super) fn generation(&self, source: Source) -> String {
        format!("{}:generation:{}", self.0, source.as_str())
    }
}
