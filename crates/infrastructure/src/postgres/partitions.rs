//! Partitions of the access journal: a retention class, and in it a month.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use sqlx::{AssertSqlSafe, Connection, PgConnection};

use super::migrate::MigrateError;

/// The class of tenants that name none.
pub(super) const DEFAULT_RETENTION_YEARS: u16 = 7;
/// Months made beside the present one.
const MONTHS_AHEAD: i32 = 3;
/// Serialises those who make partitions; any constant that nothing else uses.
const LOCK: i64 = 0x7061_6576;

/// Makes the partitions of `classes`, and of every class made before, for the month of `now` and
/// the months ahead. Says how many months were made. Each is made alone and then attached, which
/// does not hold up writers as making it in place would.
pub(super) async fn ensure(
    connection: &mut PgConnection,
    classes: &[u16],
    now: Timestamp,
) -> Result<usize, MigrateError> {
    let made = ensure_in_transaction(connection, classes, now).await;
    made.map_err(|error| MigrateError::failed("making partitions", &error))
}

pub(super) async fn ensure_in_transaction(
    connection: &mut PgConnection,
    classes: &[u16],
    now: Timestamp,
) -> Result<usize, sqlx::Error> {
    let mut transaction = connection.begin().await?;
    sqlx::query("SELECT pg_advisory_xact_lock($1)")
        .bind(LOCK)
        .execute(&mut *transaction)
        .await?;
    sqlx::query("SET LOCAL lock_timeout = '2s'")
        .execute(&mut *transaction)
        .await?;
    let mut all = known_classes(&mut transaction).await?;
    all.extend_from_slice(classes);
    all.sort_unstable();
    all.dedup();
    let mut made = 0;
    for years in all {
        ensure_class(&mut transaction, years).await?;
        for month in months(now) {
            made += usize::from(ensure_month(&mut transaction, years, month).await?);
        }
    }
    transaction.commit().await?;
    Ok(made)
}

async fn known_classes(connection: &mut PgConnection) -> Result<Vec<u16>, sqlx::Error> {
    let classes: Vec<i32> = sqlx::query_scalar(
        r"SELECT substring(c.relname FROM '^access_events_(\d{1,3})y$')::int
        FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
        WHERE i.inhparent = 'access_events'::regclass AND c.relname ~ '^access_events_\d{1,3}y$'",
    )
    .fetch_all(connection)
    .await?;
    Ok(classes
        .into_iter()
        .filter_map(|years| u16::try_from(years).ok())
        .collect())
}

/// The first day of the present month and of those ahead.
fn months(now: Timestamp) -> impl Iterator<Item = Date> {
    let first = now.to_zoned(TimeZone::UTC).date().first_of_month();
    (0..=MONTHS_AHEAD).map(move |ahead| first.saturating_add(ahead.months()))
}

async fn ensure_class(connection: &mut PgConnection, years: u16) -> Result<(), sqlx::Error> {
    let class = format!("access_events_{years}y");
    if exists(connection, &class).await? {
        return Ok(());
    }
    let default = format!("{class}_default");
    let sql = format!(
        "CREATE TABLE {class} (LIKE access_events INCLUDING ALL) PARTITION BY RANGE (occurred_at);
        {protect_class}
        CREATE TABLE {default} PARTITION OF {class} DEFAULT;
        {protect_default}
        ALTER TABLE access_events ATTACH PARTITION {class} FOR VALUES IN ({years});",
        protect_class = protect(&class),
        protect_default = protect(&default),
    );
    run(connection, sql).await
}

async fn ensure_month(
    connection: &mut PgConnection,
    years: u16,
    month: Date,
) -> Result<bool, sqlx::Error> {
    let class = format!("access_events_{years}y");
    let name = format!("{class}_{:04}_{:02}", month.year(), month.month());
    if exists(connection, &name).await? {
        return Ok(false);
    }
    let end = month.saturating_add(1.month());
    let sql = format!(
        "CREATE TABLE {name} (LIKE {class} INCLUDING ALL);
        {protect}
        ALTER TABLE {class} ATTACH PARTITION {name}
            FOR VALUES FROM ('{month} 00:00:00+00') TO ('{end} 00:00:00+00');",
        protect = protect(&name),
    );
    run(connection, sql).await?;
    Ok(true)
}

/// What keeps a partition insert-only and out of reach by its own name. Its rows are guarded by
/// the parent's trigger as well, which attaching copies.
fn protect(name: &str) -> String {
    format!(
        "ALTER TABLE {name} ENABLE ROW LEVEL SECURITY;
        ALTER TABLE {name} FORCE ROW LEVEL SECURITY;
        REVOKE UPDATE, DELETE, TRUNCATE ON {name} FROM portal_owner;
        CREATE TRIGGER access_events_keep_all BEFORE UPDATE OR DELETE OR TRUNCATE ON {name}
            FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();"
    )
}

async fn exists(connection: &mut PgConnection, name: &str) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar("SELECT to_regclass($1) IS NOT NULL")
        .bind(name)
        .fetch_one(connection)
        .await
}

async fn run(connection: &mut PgConnection, sql: String) -> Result<(), sqlx::Error> {
    // Made of our own words, numbers and dates only.
    sqlx::raw_sql(AssertSqlSafe(sql))
        .execute(connection)
        .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_present_month_and_three_ahead_also_over_a_new_year() {
        let now: Timestamp = "2026-11-30T23:59:59Z".parse().unwrap();
        let made: Vec<String> = months(now).map(|month| month.to_string()).collect();
        assert_eq!(
            made,
            ["2026-11-01", "2026-12-01", "2027-01-01", "2027-02-01"]
        );
    }
}
