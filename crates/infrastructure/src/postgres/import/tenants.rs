//! Tenants from an operator.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use serde_json::{Map, Value};
use sqlx::types::Json;
use sqlx::{Postgres, Transaction};

use super::super::import_line::TenantLine;
use super::super::partitions;
use super::{Import, ImportOutcome, LineError};

type Open<'a> = Transaction<'a, Postgres>;

impl Import {
    /// Makes the tenant what the line says. A retention class gets its partitions before the
    /// first event of the class can come.
    pub(super) async fn tenant(&mut self, line: &TenantLine) -> Result<ImportOutcome, LineError> {
        let now = self.clock.now();
        partitions::ensure_in_transaction(&mut self.connection, &[line.retention_years], now)
            .await?;
        let mut transaction = self.begin(&line.id).await?;
        let version = write(&mut transaction, line, now).await?;
        let config = configure(&mut transaction, line, now).await?;
        if let Some(config) = config {
            let raise = i64::from(version.is_none());
            put_in_force(&mut transaction, line, (config, raise), now).await?;
        }
        transaction.commit().await?;
        Ok(match (version, config) {
            (Some(1), _) => ImportOutcome::Created,
            (None, None) => ImportOutcome::Unchanged,
            (Some(_), _) | (None, Some(_)) => ImportOutcome::Updated,
        })
    }
}

/// The new version of the row; none when it was there as the line has it. Either way the row is
/// locked until the transaction ends.
async fn write(
    transaction: &mut Open<'_>,
    line: &TenantLine,
    now: Timestamp,
) -> Result<Option<i64>, LineError> {
    let years = i16::try_from(line.retention_years).unwrap_or(i16::MAX);
    let version = sqlx::query_scalar(
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
    .fetch_optional(&mut **transaction)
    .await?;
    Ok(version)
}

/// Stores what the tenant decides for itself, if that is something new, and gives its version.
async fn configure(
    transaction: &mut Open<'_>,
    line: &TenantLine,
    now: Timestamp,
) -> Result<Option<i64>, LineError> {
    if line.config.is_empty() {
        return Ok(None);
    }
    let stored: Option<Json<Map<String, Value>>> = sqlx::query_scalar(
        "SELECT c.document FROM tenants t
        JOIN tenant_configs c ON c.tenant_id = t.tenant_id AND c.version = t.config_version
        WHERE t.tenant_id = $1",
    )
    .bind(line.id.as_str())
    .fetch_optional(&mut **transaction)
    .await?;
    let document = merged(stored.map(|Json(document)| document), &line.config);
    // Compared by the database, which may write a number in another way than it was given.
    let version = sqlx::query_scalar(
        "INSERT INTO tenant_configs (tenant_id, version, document, created_at)
        SELECT t.tenant_id,
            1 + COALESCE((SELECT max(version) FROM tenant_configs WHERE tenant_id = $1), 0), $2, $3
        FROM tenants t
        LEFT JOIN tenant_configs c ON c.tenant_id = t.tenant_id AND c.version = t.config_version
        WHERE t.tenant_id = $1 AND COALESCE(c.document, '{}') <> $2
        RETURNING version",
    )
    .bind(line.id.as_str())
    .bind(Json(document))
    .bind(now.to_sqlx())
    .fetch_optional(&mut **transaction)
    .await?;
    Ok(version)
}

/// The stored members and those of a line; one that the line has as `null` is in neither.
fn merged(stored: Option<Map<String, Value>>, given: &Map<String, Value>) -> Map<String, Value> {
    let mut document = stored.unwrap_or_default();
    for (name, value) in given {
        if value.is_null() {
            document.remove(name);
        } else {
            document.insert(name.clone(), value.clone());
        }
    }
    document
}

/// A line raises the tenant's version once, whether it changed the row, the configuration or both.
async fn put_in_force(
    transaction: &mut Open<'_>,
    line: &TenantLine,
    (config, raise): (i64, i64),
    now: Timestamp,
) -> Result<(), LineError> {
    sqlx::query(
        "UPDATE tenants SET config_version = $2, version = version + $3, updated_at = $4
        WHERE tenant_id = $1",
    )
    .bind(line.id.as_str())
    .bind(config)
    .bind(raise)
    .bind(now.to_sqlx())
    .execute(&mut **transaction)
    .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_stays_and_null_brings_the_default_back() {
        let object = |value: serde_json::Value| match value {
            Value::Object(members) => members,
            _ => panic!("an object"),
        };
        let stored = object(serde_json::json!({"a": 1, "b": 2, "c": 3}));
        let given = object(serde_json::json!({"b": null, "c": 4, "d": null}));
        let expected = object(serde_json::json!({"a": 1, "c": 4}));
        assert_eq!(merged(Some(stored), &given), expected);
    }
}
