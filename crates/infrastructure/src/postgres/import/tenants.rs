//! Tenants from an operator.

use jiff_sqlx::ToSqlx;

use super::super::import_line::TenantLine;
use super::super::partitions;
use super::{Import, ImportOutcome, LineError};

impl Import {
    /// Makes the tenant what the line says. A retention class gets its partitions before the
    /// first event of the class can come.
    pub(super) async fn tenant(&mut self, line: &TenantLine) -> Result<ImportOutcome, LineError> {
        let now = self.clock.now();
        partitions::ensure_in_transaction(&mut self.connection, &[line.retention_years], now)
            .await?;
        let years = i16::try_from(line.retention_years).unwrap_or(i16::MAX);
        let mut transaction = self.begin(&line.id).await?;
        let version: Option<i64> = sqlx::query_scalar(
            "INSERT INTO tenants AS t (tenant_id, name, region, time_zone, locale, calendar,
                currency, retention_years, created_at, updated_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)
            ON CONFLICT (tenant_id) DO UPDATE SET name = $2, region = $3, time_zone = $4,
                locale = $5, calendar = $6, currency = $7, retention_years = $8, updated_at = $9,
                version = t.version + 1
            WHERE (t.name, t.region, t.time_zone, t.locale, t.calendar, t.currency,
                t.retention_years) IS DISTINCT FROM ($2, $3, $4, $5, $6, $7, $8::smallint)
            RETURNING version",
        )
        .bind(line.id.as_str())
        .bind(&line.name)
        .bind(&line.region)
        .bind(&line.time_zone)
        .bind(&line.locale)
        .bind(&line.calendar)
        .bind(&line.currency)
        .bind(years)
        .bind(now.to_sqlx())
        .fetch_optional(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(match version {
            None => ImportOutcome::Unchanged,
            Some(1) => ImportOutcome::Created,
            Some(_) => ImportOutcome::Updated,
        })
    }
}
