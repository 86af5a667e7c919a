//! How much a tenant's portal is used, in numbers only.

use async_trait::async_trait;
use jiff::ToSpan as _;
use jiff::civil::Date;
use portal_domain::access::{StaffAction, StaffGrant};

use super::decide::About;
use super::desk::StaffDesk;
use super::look::StaffLook;
use super::{StaffCaller, operation};
use crate::error::{AccessError, InputError};
use crate::input::{Parameters, invalid};
use crate::ports::UsageCount;

/// The longest range: a count looks at every event in it.
const MAX_DAYS: i32 = 31;
/// The range unless one is asked for.
const DAYS: i32 = 7;

/// Counts of a range of days in the tenant's zone.
#[derive(Debug)]
pub struct Usage {
    /// The first day.
    pub from: Date,
    /// The last one.
    pub to: Date,
    /// By day, operation and outcome.
    pub counts: Vec<UsageCount>,
}

/// `GET usage`
pub(super) struct GetUsage<'a> {
    pub(super) raw: &'a [(String, String)],
}

#[async_trait]
impl StaffLook for GetUsage<'_> {
    type Shown = Usage;

    fn action(&self) -> StaffAction {
        operation::GET_USAGE
    }

    async fn look(
        &self,
        desk: &StaffDesk,
        grant: &StaffGrant,
        _: &StaffCaller,
    ) -> Result<(Usage, About), AccessError> {
        let parameters = Parameters::read(self.raw, &["from", "to"])?;
        let today = grant.tenant().day(grant.decided_at());
        let (from, to) = days(&parameters, today)?;
        let counts = desk.staff.records.usage(grant, (from, to)).await?;
        Ok((Usage { from, to, counts }, About::default()))
    }
}

fn days(parameters: &Parameters<'_>, today: Date) -> Result<(Date, Date), InputError> {
    let day = |name: &'static str| {
        let text = parameters.get(name);
        text.map(|text| text.parse::<Date>().map_err(|_| invalid(name)))
            .transpose()
    };
    let to = day("to")?.unwrap_or(today);
    let week = to.checked_sub((DAYS - 1).days());
    let from = match day("from")? {
        Some(from) => from,
        None => week.map_err(|_| invalid("to"))?,
    };
    let length = from.until(to).map_err(|_| invalid("from"))?.get_days();
    if (0..MAX_DAYS).contains(&length) {
        Ok((from, to))
    } else {
        Err(invalid("from"))
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn read(pairs: &[(&str, &str)]) -> Result<(Date, Date), InputError> {
        let raw: Vec<_> = pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        let parameters = Parameters::read(&raw, &["from", "to"])?;
        days(&parameters, date(2026, 3, 10))
    }

    #[test]
    fn a_week_to_this_day_unless_said() {
        assert_eq!(read(&[]), Ok((date(2026, 3, 4), date(2026, 3, 10))));
        let january = [("from", "2026-01-01"), ("to", "2026-01-31")];
        assert_eq!(read(&january), Ok((date(2026, 1, 1), date(2026, 1, 31))));
    }

    #[test]
    fn a_range_is_at_most_a_month_and_runs_forward() {
        for pairs in [
            [("from", "2026-01-01"), ("to", "2026-02-01")],
            [("from", "2026-01-02"), ("to", "2026-01-01")],
            [("from", "yesterday"), ("to", "2026-01-01")],
        ] {
            assert!(read(&pairs).is_err(), "{pairs:?}");
        }
    }
}
