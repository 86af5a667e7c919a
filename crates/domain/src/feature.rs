//! What a tenant may license beside the portal itself (specification, "Entitlement").

use crate::source::Source;

/// A sub-feature: without it its routes are closed, and its source is not asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Feature {
    /// Messages.
    Communication,
    /// Cover, explanations of benefit and statements.
    Claims,
    /// Questions about where to find what.
    PatientAssistant,
    /// Visits by video.
    VirtualCare,
}

impl Feature {
    /// Every sub-feature.
    pub const ALL: [Self; 4] = [
        Self::Communication,
        Self::Claims,
        Self::PatientAssistant,
        Self::VirtualCare,
    ];

    /// The key that entitlements have it under.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Communication => "communication",
            Self::Claims => "ehr.claims",
            Self::PatientAssistant => "ai.patient-assistant",
            Self::VirtualCare => "virtual-care",
        }
    }

    /// Which sub-feature a source belongs to; none for one that the portal's own licence opens.
    pub const fn of_source(source: Source) -> Option<Self> {
        match source {
            Source::Communication => Some(Self::Communication),
            Source::Claims => Some(Self::Claims),
            Source::Registration
            | Source::Scheduling
            | Source::Laboratory
            | Source::Radiology
            | Source::Medication
            | Source::Immunizations
            | Source::PatientChart
            | Source::Documents
            | Source::ProviderDirectory
            | Source::Portal => None,
        }
    }

    const fn bit(self) -> u8 {
        1 << self as u8
    }
}

/// The sub-features that a tenant holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FeatureSet(u8);

impl FeatureSet {
    /// None of them.
    pub const NONE: Self = Self(0);

    /// Those that a test of their key says are held.
    pub fn of(holds: impl Fn(&str) -> bool) -> Self {
        let held = Feature::ALL
            .into_iter()
            .filter(|feature| holds(feature.key()));
        Self(held.fold(0, |bits, feature| bits | feature.bit()))
    }

    /// Whether it is held.
    pub const fn contains(self, feature: Feature) -> bool {
        self.0 & feature.bit() != 0
    }

    /// Whether a source may be asked.
    pub fn opens(self, source: Source) -> bool {
        Feature::of_source(source).is_none_or(|feature| self.contains(feature))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_sub_feature_is_held_by_its_own_key_alone() {
        for feature in Feature::ALL {
            let set = FeatureSet::of(|key| key == feature.key());
            for other in Feature::ALL {
                assert_eq!(set.contains(other), other == feature);
            }
        }
        assert_eq!(FeatureSet::of(|_| false), FeatureSet::NONE);
    }

    #[test]
    fn two_sources_have_a_sub_feature_of_their_own() {
        let closed = Source::ALL.map(|source| !FeatureSet::NONE.opens(source));
        let closed = Source::ALL.into_iter().zip(closed).filter(|(_, it)| *it);
        let closed: Vec<Source> = closed.map(|(source, _)| source).collect();
        assert_eq!(closed, [Source::Claims, Source::Communication]);
        assert!(
            Source::ALL
                .into_iter()
                .all(|source| FeatureSet::of(|_| true).opens(source))
        );
    }
}
