//! Where nothing marked may be.

use deadpool_redis::redis;
use portal_tests::{Person, PortalProcess, Servers};

use super::driven::Answers;
use super::{AMOUNT, ASKED, BIRTH, CHILD_BIRTH, EVERYTHING, IDENT, REASON, SAID, TEXT, VALUES};

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
    for marker in [TEXT, BIRTH, CHILD_BIRTH, AMOUNT, IDENT, REASON] {
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

pub(super) async fn assert_sinks(portal: &PortalProcess, people: &[&Person]) {
    let token = portal.token(people[0]).to_lowercase();
    // Every token of this issuer and key begins so, and no chance does.
    let token = token.get(..12).expect("a token");
    let everything: Vec<&str> = EVERYTHING
        .into_iter()
        .chain([token, "sandbox-secret"])
        .collect();
    let output = portal.output();
    assert!(output.lines().count() > 100, "there are log lines");
    assert!(output.contains("refused by"), "refusals are explained");
    assert!(
        output.contains("introspection.unavailable"),
        "so is silence"
    );
    for line in output.lines() {
        let found = found(line.as_bytes(), &everything);
        assert!(found.is_empty(), "a log line holds {found:?}: {line}");
        assert!(!line.contains("eyJ"), "a log line holds a token");
        assert!(
            !line.contains("pact_"),
            "a log line names an account: {line}"
        );
    }
    for path in ["/metrics", "/health"] {
        assert_clean(path, &portal.admin(path).await.body, &everything);
    }
    let redis = redis_contents(portal.servers.url("REDIS_URL")).await;
    assert!(!redis.is_empty(), "records are cached");
    for bytes in redis {
        assert_clean("Redis", &bytes, &everything);
    }
    let messages = portal.published().await;
    assert!(
        messages
            .iter()
            .any(|message| !found(&message.payload, &[IDENT]).is_empty())
    );
    for message in &messages {
        assert_clean("a message", &message.payload, &VALUES);
        assert_clean("a message", &message.payload, &[token]);
        let subjects: Vec<&str> = people
            .iter()
            .map(|person| person.subject.as_str())
            .collect();
        assert_clean("a message", &message.payload, &subjects);
    }
    for (table, row) in database_contents(&portal.servers).await {
        let kept = |marker: &&str| match table.as_str() {
            // The names of parameters are kept, also of those that do not exist.
            name if name.starts_with("access_events") => **marker != *ASKED,
            "tenant_configs" => **marker != *REASON,
            _ => true,
        };
        let markers: Vec<&str> = VALUES.into_iter().chain([token]).filter(kept).collect();
        assert_clean(&table, row.as_bytes(), &markers);
    }
}
