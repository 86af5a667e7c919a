//! Every search without parameters: what it finds, how many, in which order.

use crate::comparison::Comparison;
use crate::dates::dates_of;
use crate::plain;
use crate::records::{Records, address};
use crate::walk::{Seen, sorted};

/// Compares every type at two deployments, and with the files.
pub(crate) async fn compare(
    records: &Records,
    pair: &(Seen<'_>, Seen<'_>),
    comparison: &mut Comparison,
) {
    for kind in plain::types() {
        let expected = plain::shown(&records.originals, kind, pair.0.patient);
        for seen in [&pair.0, &pair.1] {
            counts(seen, (kind, expected.len()), comparison).await;
        }
        for sort in ["", "&_sort=date"] {
            // Not every type has a date to be sorted by.
            let path = format!("/fhir/R4/{kind}?_count=13{sort}");
            let one = pair.0.comparable(&pair.0.search(&path).await);
            let other = pair.1.comparable(&pair.1.search(&path).await);
            comparison.same(
                "contents of searches",
                &path,
                (&sorted(&one), &sorted(&other)),
            );
            comparison.same(
                "orders of searches",
                &path,
                (&dates_of(&one), &dates_of(&other)),
            );
            let mut wanted: Vec<_> = expected.iter().map(address).collect();
            wanted.sort();
            let mut found: Vec<_> = one.iter().map(|it| it["id"].to_string()).collect();
            found.sort();
            let wanted: Vec<_> = wanted.iter().map(|it| format!("{it:?}")).collect();
            comparison.same("searches held against the files", &path, (&wanted, &found));
        }
    }
}

/// The total of a search, and that of a count alone.
async fn counts(seen: &Seen<'_>, (kind, expected): (&str, usize), comparison: &mut Comparison) {
    for path in [
        format!("/fhir/R4/{kind}?_count=1"),
        format!("/fhir/R4/{kind}?_summary=count"),
    ] {
        let total = &seen.get(&path).await.json()["total"];
        let context = format!("{} {path}", seen.deployment.name);
        comparison.same(
            "counts held against the files",
            &context,
            (&serde_json::json!(expected), total),
        );
    }
}
