//! Trends: one series a unit, never converted, gaps marked.

use serde::Serialize;
use utoipa::ToSchema;

use crate::rest::values::{CodeView, DateView};

use super::view::{LabResult, ResultValueView};

/// The results of one code, oldest first.
#[derive(Serialize, ToSchema)]
pub(crate) struct LabTrend {
    /// What was measured, as the newest result says it.
    code: CodeView,
    /// One series a unit.
    series: Vec<TrendSeries>,
}

impl LabTrend {
    /// Of results of one code; none without any.
    pub(crate) fn of(results: Vec<LabResult>) -> Option<Self> {
        let code = results.last()?.code.clone();
        Some(Self {
            code,
            series: series(results),
        })
    }
}

/// The results of one code in one unit, oldest first.
#[derive(Serialize, ToSchema)]
pub(crate) struct TrendSeries {
    /// The unit for people; absent where values have none.
    #[serde(skip_serializing_if = "Option::is_none")]
    unit: Option<String>,
    /// The UCUM code.
    #[serde(skip_serializing_if = "Option::is_none")]
    ucum: Option<String>,
    points: Vec<TrendPoint>,
}

/// One result of a series.
#[derive(Serialize, ToSchema)]
pub(crate) struct TrendPoint {
    /// The Observation's id.
    id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    date: Option<DateView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<ResultValueView>,
    /// `true` where a measurement gave no value: the line must not run through; else absent.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[schema(required = false)]
    gap: bool,
}

/// What tells series apart.
#[derive(Clone, PartialEq, Eq)]
struct Unit {
    unit: Option<String>,
    ucum: Option<String>,
}

impl Unit {
    /// Two spellings of one UCUM unit are one series.
    fn is(&self, other: &Self) -> bool {
        match (&self.ucum, &other.ucum) {
            (Some(own), Some(other)) => own == other,
            (None, None) => self.unit == other.unit,
            (Some(_), None) | (None, Some(_)) => false,
        }
    }
}

/// Sorts results, oldest first, into series. A result without a value is a gap in the series of
/// the value before it, or of the first value when none came before.
pub(crate) fn series(results: Vec<LabResult>) -> Vec<TrendSeries> {
    let units: Vec<Option<Unit>> = results.iter().map(unit).collect();
    let mut series: Vec<(Unit, TrendSeries)> = Vec::new();
    let first = units.iter().flatten().next().cloned();
    let mut present = first.unwrap_or(Unit {
        unit: None,
        ucum: None,
    });
    for (result, unit) in results.into_iter().zip(units) {
        let gap = unit.is_none();
        present = unit.unwrap_or(present);
        let point = TrendPoint {
            id: result.id,
            date: result.date,
            value: result.value,
            gap,
        };
        match series.iter_mut().find(|(unit, _)| unit.is(&present)) {
            Some((_, series)) => series.points.push(point),
            None => series.push((
                present.clone(),
                TrendSeries {
                    unit: present.unit.clone(),
                    ucum: present.ucum.clone(),
                    points: vec![point],
                },
            )),
        }
    }
    series.into_iter().map(|(_, series)| series).collect()
}

/// The unit of a result's value; none for a gap.
fn unit(result: &LabResult) -> Option<Unit> {
    let value = result.value.as_ref().filter(|value| value.has_value())?;
    let quantity = value.own.quantity.as_ref();
    Some(Unit {
        unit: quantity.and_then(|quantity| quantity.unit.clone()),
        ucum: quantity.and_then(|quantity| quantity.ucum.clone()),
    })
}
