//! Laboratory results: a list grouped by report, and one result with its trend.

mod trend;
mod view;

use axum::extract::State;
use axum::response::Response;
use portal_application::{LabsAnswer, TrendsAnswer};
use portal_domain::access::Surface;
use portal_domain::disclosure::{Disclosed, Disclosure};
use serde::Serialize;
use utoipa::ToSchema;

use crate::caller::PortalCaller;
use crate::disclosure;
use crate::fault::Fault;
use crate::fhir::RecordId;
use crate::language::Language;
use crate::problem::Problem;
use crate::rest::meta::{Meta, WithMeta};
use crate::router::Faces;

use trend::{LabTrend, TrendSeries, series};
use view::{LabResult, Panel, panel, result};

#[derive(Serialize)]
struct LabResults {
    data: Vec<LabResult>,
}

/// What is said beside a page of results.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AboutResults<'a> {
    next_cursor: Option<&'a str>,
    #[serde(flatten)]
    meta: WithMeta,
}

/// A page of laboratory results, the newest report first.
#[derive(Serialize, ToSchema)]
#[schema(as = LabResultPage)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LabResultPage {
    data: Vec<LabResult>,
    /// The `cursor` of the next page; null on the last.
    next_cursor: Option<String>,
    meta: Meta,
}

/// One laboratory result.
#[derive(Serialize)]
struct LabResultDetail {
    #[serde(flatten)]
    result: LabResult,
    #[serde(skip_serializing_if = "Option::is_none")]
    report: Option<Panel>,
    trend: Vec<TrendSeries>,
}

/// One laboratory result with its report and its trend.
#[derive(Serialize, ToSchema)]
#[schema(as = LabResultDetail)]
pub(crate) struct LabResultBody {
    #[serde(flatten)]
    result: LabResult,
    /// Its report, where the token's scopes cover it.
    report: Option<Panel>,
    /// The results of the same code, one series a unit, oldest first.
    trend: Vec<TrendSeries>,
    meta: Meta,
}

/// Laboratory results
#[utoipa::path(
    get,
    path = "/v1/portal/results/labs",
    operation_id = "listLabResults",
    tag = "results",
    security(("bearer" = ["patient/Observation.read"])),
    params(
        ("code" = Option<String>, Query, description = "FHIR token: `code`, `system|code`"),
        ("category" = Option<String>, Query, description = "FHIR token"),
        ("from" = Option<String>, Query, description = "FHIR date or instant; not before"),
        ("to" = Option<String>, Query, description = "FHIR date or instant; not after"),
        ("limit" = Option<u32>, Query, description = "1 to 100; 20 unless said", minimum = 1, maximum = 100),
        ("cursor" = Option<String>, Query, description = "`nextCursor` of the page before"),
    ),
    responses(
        (status = 200, description = "A page", body = LabResultPage, content_type = "application/json"),
        (status = 304, description = "Unchanged"),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn list_lab_results(
    State(faces): State<Faces>,
    asked: PortalCaller,
) -> Result<Response, Fault> {
    let labs = faces.portal.labs(&asked.caller, &asked.parameters).await;
    let labs = labs.map_err(Fault::on(Surface::Portal))?;
    let language = asked.exchange.language();
    let about = AboutResults {
        next_cursor: labs.next.as_deref(),
        meta: WithMeta::of_list(&labs.completeness, &labs.withheld),
    };
    disclosure::view(
        (&labs.disclosure, &labs.completeness),
        (&asked.exchange, language),
        |disclosure| Some(list(&labs, disclosure, language)),
        &about,
    )
}

/// How laboratory results of a code went
#[utoipa::path(
    get,
    path = "/v1/portal/results/labs/trends",
    operation_id = "listLabTrends",
    tag = "results",
    security(("bearer" = ["patient/Observation.read"])),
    params(
        ("code" = String, Query, description = "FHIR token: `code`, `system|code`"),
        ("from" = Option<String>, Query, description = "FHIR date or instant; not before"),
        ("to" = Option<String>, Query, description = "FHIR date or instant; not after"),
    ),
    responses(
        (status = 200, description = "A trend for each code that results tell series apart by", body = LabTrendsBody, content_type = "application/json"),
        (status = 304, description = "Unchanged"),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn list_lab_trends(
    State(faces): State<Faces>,
    asked: PortalCaller,
) -> Result<Response, Fault> {
    let portal = &faces.portal;
    let trends = portal.lab_trends(&asked.caller, &asked.parameters).await;
    let trends = trends.map_err(Fault::on(Surface::Portal))?;
    let language = asked.exchange.language();
    disclosure::view(
        (&trends.disclosure, &trends.completeness),
        (&asked.exchange, language),
        |disclosure| Some(all_trends(&trends, disclosure, language)),
        &WithMeta::of_list(&trends.completeness, &trends.withheld),
    )
}

fn all_trends(trends: &TrendsAnswer, disclosure: &Disclosure, language: Language) -> LabTrends {
    let mut results = disclosure.records();
    let trend = |length: &usize| {
        let results = results.by_ref().take(*length);
        LabTrend::of(
            results
                .map(|record| shown(record, None, language))
                .collect(),
        )
    };
    LabTrends {
        data: trends.lengths.iter().filter_map(trend).collect(),
    }
}

/// One laboratory result with its trend
#[utoipa::path(
    get,
    path = "/v1/portal/results/labs/{id}",
    operation_id = "getLabResult",
    tag = "results",
    security(("bearer" = ["patient/Observation.read"])),
    params(("id" = String, Path, description = "The Observation's id")),
    responses(
        (status = 200, description = "The result", body = LabResultBody, content_type = "application/json"),
        (status = 304, description = "Unchanged"),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn get_lab_result(
    State(faces): State<Faces>,
    RecordId(id): RecordId,
    asked: PortalCaller,
) -> Result<Response, Fault> {
    let lab = faces
        .portal
        .lab(&asked.caller, &id, &asked.parameters)
        .await;
    let lab = lab.map_err(Fault::on(Surface::Portal))?;
    let language = asked.exchange.language();
    disclosure::view(
        (&lab.disclosure, &lab.completeness),
        (&asked.exchange, language),
        |disclosure| detail(disclosure, language),
        &WithMeta::of(&lab.completeness),
    )
}

#[derive(Serialize)]
struct LabTrends {
    data: Vec<LabTrend>,
}

/// How laboratory results of a code went.
#[derive(Serialize, ToSchema)]
#[schema(as = LabTrendsBody)]
pub(crate) struct LabTrendsBody {
    data: Vec<LabTrend>,
    meta: Meta,
}

fn list(labs: &LabsAnswer, disclosure: &Disclosure, language: Language) -> LabResults {
    let panels: Vec<Panel> = panels(disclosure, language);
    let of = |id: &String| panels.iter().find(|panel| panel.is(id));
    let results = disclosure.group("results").zip(&labs.items);
    let data = results.map(|(record, item)| {
        let panel = item.panel.as_ref().and_then(of).map(Panel::reference);
        shown(record, panel, language)
    });
    LabResults {
        data: data.collect(),
    }
}

fn detail(disclosure: &Disclosure, language: Language) -> Option<LabResultDetail> {
    let report = panels(disclosure, language).into_iter().next();
    let record = disclosure.group("result").next()?;
    let trend = disclosure.group("trend");
    let points: Vec<_> = trend.map(|record| shown(record, None, language)).collect();
    Some(LabResultDetail {
        result: shown(record, report.as_ref().map(Panel::reference), language),
        report,
        trend: series(points),
    })
}

fn panels(disclosure: &Disclosure, language: Language) -> Vec<Panel> {
    disclosure
        .group("panels")
        .map(|report| panel(report.header(), report.bytes(), language))
        .collect()
}

fn shown(record: Disclosed<'_>, panel: Option<view::Reference>, language: Language) -> LabResult {
    result(record.header(), record.bytes(), panel, language)
}
