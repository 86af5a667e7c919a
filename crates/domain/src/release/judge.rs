//! The judge of records: floor, policy and sensitivity for one caller at one moment.

use jiff::Timestamp;
use portal_fhir::{Header, ResourceType};

use crate::sensitivity::{SensitivityClass, SensitivitySet};
use crate::source::Source;
use crate::tenant_config::TenantConfig;

use super::floor::{Floor, Marks, is_critical};
use super::policy::Audience;
use super::rule_match::Subject;
use super::{ReleaseRules, Withheld};

/// For whom records are judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Viewer {
    /// In what capacity.
    pub audience: Audience,
    /// The sensitive categories that are visible; `None` when nothing is hidden for being
    /// sensitive.
    pub sensitive: Option<SensitivitySet>,
}

impl Viewer {
    /// The patient: nothing of one's own is hidden for being sensitive.
    pub const PATIENT: Self = Self {
        audience: Audience::Patient,
        sensitive: None,
    };
}

/// Judges the records of one source. Had from a grant alone.
#[derive(Debug, Clone, Copy)]
pub struct Judge<'a> {
    pub(super) rules: &'a ReleaseRules,
    pub(super) source: Source,
    pub(super) config: &'a TenantConfig,
    pub(super) viewer: Viewer,
    pub(super) now: Timestamp,
}

impl<'a> Judge<'a> {
    pub(crate) const fn new(
        rules: &'a ReleaseRules,
        source: Source,
        config: &'a TenantConfig,
        viewer: Viewer,
        now: Timestamp,
    ) -> Self {
        Self {
            rules,
            source,
            config,
            viewer,
            now,
        }
    }

    /// Judges one record by itself, whose floor is known. A report also needs the verdicts on its
    /// results, see [`super::Verdicts`]. What the portal itself holds of who may act and who looked is
    /// nobody's result: there is nothing of it to release, and nothing to call sensitive.
    pub(super) fn judge(
        &self,
        header: &Header,
        floor: Floor,
        class: impl FnOnce() -> SensitivityClass,
    ) -> Result<(), Withheld> {
        let policy = &self.config.release_policy;
        floor.check(header, policy.critical_hold, self.now)?;
        if header.resource_type.is_of_portal() {
            return Ok(());
        }
        if self
            .viewer
            .sensitive
            .is_some_and(|visible| !class().is_within(visible))
        {
            return Err(Withheld::Sensitive);
        }
        if policy.is_open() || !is_record(header.resource_type) {
            return Ok(());
        }
        let subject = Subject {
            header,
            source: self.source,
            critical: is_critical(header, self.rules),
            marks: Marks::of(header, self.rules),
        };
        policy.judge(&subject, self.viewer.audience, self.now)
    }
}

/// A Patient is who the record is about, and a directory tells of nobody's health: there is nothing
/// to release.
fn is_record(resource_type: ResourceType) -> bool {
    resource_type != ResourceType::Patient && !resource_type.is_directory()
}
