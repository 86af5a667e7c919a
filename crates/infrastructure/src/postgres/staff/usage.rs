//! How often what happened in a tenant.

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan as _};
use jiff_sqlx::ToSqlx;
use portal_application::ports::UsageCount;
use portal_domain::access::StaffGrant;
use portal_domain::tenant::Tenant;

use super::super::error::QueryError;
use super::PgStaffRecords;

/// When a day of the tenant begins.
fn begin(tenant: &Tenant, day: Date) -> Result<Timestamp, QueryError> {
    let begun = day.to_zoned(tenant.time_zone.clone());
    Ok(begun.map_err(|_| QueryError::Corrupt)?.timestamp())
}

impl PgStaffRecords {
    /// Day by day, so that the tenant's own days are counted whatever the database knows of zones.
    pub(super) async fn count_usage(
        &self,
        grant: &StaffGrant,
        (from, to): (Date, Date),
    ) -> Result<Vec<UsageCount>, QueryError> {
        let tenant = grant.tenant();
        let end = to.checked_add(2.days()).map_err(|_| QueryError::Corrupt)?;
        let days: Vec<Date> = from.series(1.day()).take_while(|day| *day < end).collect();
        let bounds = days.iter().map(|day| begin(tenant, *day));
        let bounds = bounds.collect::<Result<Vec<_>, _>>()?;
        let mut transaction = self.database.begin(&tenant.id).await?;
        // A denial may stand for several, which its count says.
        let rows = sqlx::query_as::<_, (i64, String, String, i64)>(
            "SELECT d.place, e.operation, e.outcome,
                sum(CASE WHEN e.outcome = 'denied' THEN greatest(e.resource_count, 1) ELSE 1 END)
                    ::bigint
            FROM UNNEST($2::timestamptz[], $3::timestamptz[]) WITH ORDINALITY
                AS d (begins_at, ends_at, place)
            JOIN access_events e ON e.tenant_id = $1
                AND e.occurred_at >= d.begins_at AND e.occurred_at < d.ends_at
            WHERE e.occurred_at >= $4 AND e.occurred_at < $5
            GROUP BY d.place, e.operation, e.outcome ORDER BY 1, 2, 3",
        )
        .bind(tenant.id.as_str())
        .bind(column(&bounds[..bounds.len() - 1]))
        .bind(column(&bounds[1..]))
        .bind(bounds.first().copied().map(ToSqlx::to_sqlx))
        .bind(bounds.last().copied().map(ToSqlx::to_sqlx))
        .fetch_all(&mut *transaction)
        .await?;
        rows.into_iter().map(|row| read(row, &days)).collect()
    }
}

fn column(instants: &[Timestamp]) -> Vec<jiff_sqlx::Timestamp> {
    instants.iter().copied().map(ToSqlx::to_sqlx).collect()
}

fn read(
    (place, operation, outcome, count): (i64, String, String, i64),
    days: &[Date],
) -> Result<UsageCount, QueryError> {
    let corrupt = || QueryError::Corrupt;
    let place = usize::try_from(place - 1).map_err(|_| corrupt())?;
    Ok(UsageCount {
        day: *days.get(place).ok_or_else(corrupt)?,
        operation,
        outcome,
        count: u64::try_from(count).map_err(|_| corrupt())?,
    })
}
