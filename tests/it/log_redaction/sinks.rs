//! Where nothing marked may be.

use deadpool_redis::redis;
use portal_tests::{Person, PortalProcess, Servers};

use super::driven::Answers;
use super::{AMOUNT, BIRTH, EVERYTHING, IDENT, SAID, TEXT, VALUES};

/// The markers that bytes hold.
fn found<'m>(bytes: &[u8], markers: &[&'m str]) -> Vec<&'m str> {
    let text = String::from_utf8_lossy(bytes).to_lowercase();
    markers
        .iter()
        .copied()
        .filter(|marker| text.contains(marker))
        .collect()
}

pub(super) fn assert_clean(place: &str, bytes: &[u8], markers: &[&str]) {
    let found = found(bytes, markers);
    assert!(found.is_empty(), "{place} holds {found:?}");
}

/// Every key and value of Redis, as bytes.
async fn redis_contents(url: &str) -> Vec<Vec<u8>> {
    let client = redis::Client::open(url).expect("a URL");
    let mut connection = client
        .get_multiplexed_async_connection()
        .await
        .expect("Redis answers");
    let keys: Vec<Vec<u8>> = redis::cmd("KEYS")
        .arg("*")
        .query_async(&mut connection)
        .await
        .expect("keys");
    let mut contents = Vec::new();
    for key in keys {
        // A key of another type would be an error here, and a reason to look.
        let value: Vec<u8> = redis::cmd("GET")
            .arg(&key)
            .query_async(&mut connection)
            .await
            .expect("a string");
        contents.extend([key, value]);
    }
    contents
}

/// Every row of every table, as text.
async fn database_contents(servers: &Servers) -> Vec<(String, String)> {
    let database = servers.database().await;
    let tables: Vec<String> =
        sqlx::query_scalar("SELECT tablename::text FROM pg_tables WHERE schemaname = 'public'")
            .fetch_all(&database)
            .await
            .expect("tables are listed");
    let mut contents = Vec::new();
    for table in tables {
        let rows: Vec<String> = sqlx::query_scalar(sqlx::AssertSqlSafe(format!(
            "SELECT t::text FROM \"{table}\" t"
        )))
        .fetch_all(&database)
        .await
        .expect("tables can be read");
        contents.extend(rows.into_iter().map(|row| (table.clone(), row)));
    }
    contents
}

pub(super) fn assert_answers(answers: &Answers) {
    for marker in [TEXT, BIRTH, AMOUNT, IDENT] {
        let shown = answers
            .honest
            .iter()
            .any(|(_, answer)| found(&answer.body, &[marker]) == [marker]);
        assert!(shown, "{marker} is in honest answers");
    }
    for (name, answer) in &answers.honest {
        let markers = [SAID, "zyxqtexthidden", "zyxqtextforeign"];
        assert_clean(name, &answer.body, &markers);
    }
    for (name, answer) in &answers.refused {
        let place = format!("the refusal {} of {name}", answer.verdict());
        assert_clean(&place, &answer.body, &EVERYTHING);
        assert_clean(
            &place,
            format!("{:?}", answer.headers).as_bytes(),
            &EVERYTHING,
        );
    }
}

pub(super) async fn assert_sinks(portal: &PortalProcess, person: &Person) {
    let output = portal.output();
    assert!(output.lines().count() > 100, "there are log lines");
    for line in output.lines() {
        let found = found(line.as_bytes(), &EVERYTHING);
        assert!(found.is_empty(), "a log line holds {found:?}: {line}");
        assert!(!line.contains("eyJ"), "a log line holds a token");
    }
    for path in ["/metrics", "/health"] {
        assert_clean(path, &portal.admin(path).await.body, &EVERYTHING);
    }
    let redis = redis_contents(portal.servers.url("REDIS_URL")).await;
    assert!(!redis.is_empty(), "records are cached");
    for bytes in redis {
        assert_clean("Redis", &bytes, &EVERYTHING);
    }
    let messages = portal.published().await;
    assert!(
        messages
            .iter()
            .any(|message| !found(&message.payload, &[IDENT]).is_empty())
    );
    for message in &messages {
        assert_clean("a message", &message.payload, &VALUES);
        assert_clean("a message", &message.payload, &[&person.subject]);
    }
    for (table, row) in database_contents(&portal.servers).await {
        // The names of parameters are kept, also of those that do not exist.
        let markers = if table.starts_with("access_events") {
            &VALUES[..3]
        } else {
            &VALUES
        };
        assert_clean(&table, row.as_bytes(), markers);
    }
}
