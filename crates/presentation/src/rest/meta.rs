//! What an answer says about itself: how good each source's part is.

use jiff::Timestamp;
use portal_application::{Completeness, SourceReport, Withheld};
use serde::Serialize;
use utoipa::ToSchema;

/// What an answer says about itself.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Meta {
    /// A line a source.
    sources: Vec<SourceMeta>,
    /// `true` when a cap was reached or a bad resource was dropped; else absent.
    #[serde(skip_serializing_if = "is_false")]
    #[schema(required = false)]
    incomplete: bool,
    /// What is held for a while, on lists without a filter on codes, for the patient alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    withheld: Option<WithheldMeta>,
    /// `true` on every list that a proxy sees; else absent.
    #[serde(skip_serializing_if = "is_false")]
    #[schema(required = false)]
    may_be_incomplete: bool,
}

/// What is held for a while.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct WithheldMeta {
    /// The key of the text that says why, of the hold that ends first.
    reason_key: String,
    /// When that hold ends (RFC 3339 UTC), if time ends it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    available_from: Option<Timestamp>,
    /// How many results are held, where the health system tells.
    #[serde(skip_serializing_if = "Option::is_none")]
    count: Option<usize>,
}

/// What one source gave.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SourceMeta {
    /// The source, such as `laboratory`.
    source: &'static str,
    /// `fresh`, `cached`, `stale`, `unavailable`, `notEntitled`, or `notLinked` where the source does
    /// not know the patient.
    status: &'static str,
    /// When it was asked (RFC 3339 UTC).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    as_of: Option<Timestamp>,
    /// Seconds after which asking again may help.
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after: Option<u32>,
    /// The key of the text that clients show.
    message_key: String,
}

/// The member `meta` beside a view's data.
#[derive(Debug, Serialize)]
pub(crate) struct WithMeta {
    meta: Meta,
}

impl WithMeta {
    pub(crate) fn of(completeness: &Completeness) -> Self {
        Self {
            meta: Meta {
                sources: completeness.sources.iter().map(source).collect(),
                incomplete: completeness.incomplete,
                withheld: None,
                may_be_incomplete: false,
            },
        }
    }

    /// The same, with what a list says of what it does not hold.
    pub(crate) fn of_list(completeness: &Completeness, withheld: &Withheld) -> Self {
        let mut about = Self::of(completeness);
        match withheld {
            Withheld::Unsaid => {}
            Withheld::MayBeIncomplete => about.meta.may_be_incomplete = true,
            Withheld::Held(held) => {
                about.meta.withheld = Some(WithheldMeta {
                    reason_key: held.reason_key.clone(),
                    available_from: held.available_from,
                    count: held.count,
                });
            }
        }
        about
    }
}

fn source(report: &SourceReport) -> SourceMeta {
    SourceMeta {
        source: report.source.as_str(),
        status: report.status.as_str(),
        as_of: report.as_of,
        retry_after: report.retry_after,
        message_key: format!("source.{}", report.status.as_str()),
    }
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "the shape that serde asks for"
)]
const fn is_false(value: &bool) -> bool {
    !*value
}
