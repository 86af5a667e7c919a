//! `X-Portal-Degraded`: which sources are neither fresh nor cached.

use portal_application::{Completeness, SourceReport, SourceStatus};

/// The header's value, such as `laboratory;status=stale;as-of=@1776502800`; none when all is well.
pub(super) fn header(completeness: &Completeness) -> Option<String> {
    let items: Vec<String> = completeness.sources.iter().filter_map(item).collect();
    (!items.is_empty()).then(|| items.join(", "))
}

fn item(report: &SourceReport) -> Option<String> {
    match report.status {
        // What was never to be had is not degraded.
        SourceStatus::Fresh
        | SourceStatus::Cached
        | SourceStatus::NotEntitled
        | SourceStatus::NotLinked => return None,
        SourceStatus::Stale | SourceStatus::Unavailable => {}
    }
    let (source, status) = (report.source.as_str(), report.status.as_str());
    let as_of = report.as_of.map_or_else(String::new, |as_of| {
        format!(";as-of=@{}", as_of.as_second())
    });
    Some(format!("{source};status={status}{as_of}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;
    use portal_domain::source::Source;

    #[test]
    fn only_what_is_not_well_is_named() {
        let report = |source, status, as_of: Option<i64>| SourceReport {
            source,
            status,
            as_of: as_of.map(|second| Timestamp::from_second(second).unwrap()),
            retry_after: None,
        };
        let well = report(Source::Registration, SourceStatus::Fresh, Some(1));
        let mut completeness = Completeness {
            sources: vec![well],
            incomplete: true,
        };
        assert_eq!(header(&completeness), None);
        completeness.sources.extend([
            report(Source::Laboratory, SourceStatus::Stale, Some(1_776_502_800)),
            report(Source::Medication, SourceStatus::Unavailable, None),
            report(Source::Claims, SourceStatus::NotEntitled, None),
        ]);
        let expected = "laboratory;status=stale;as-of=@1776502800, medication;status=unavailable";
        assert_eq!(header(&completeness).as_deref(), Some(expected));
    }
}
