use jiff::SignedDuration;
use portal_application::ports::{Prunable, Pruning as _};

use super::super::super::test_database::now;
use super::Scene;

const DAY: SignedDuration = SignedDuration::from_hours(24);
const SECOND: SignedDuration = SignedDuration::from_secs(1);

/// An insert of a row of each kind that ended at `$1`, with a hash of `$2`.
fn insert(what: Prunable, tenant: &str, ended: &str, n: u32) -> String {
    let hash = format!("sha256('{n}')");
    match what {
        Prunable::IdempotencyRecords => format!(
            "INSERT INTO idempotency_records (tenant_id, key_hash, payload_hash, status,
                created_at, expires_at)
            VALUES ('{tenant}', {hash}, {hash}, 200, '{ended}', '{ended}')"
        ),
        Prunable::VerificationTokens => format!(
            "INSERT INTO verification_tokens (tenant_id, token_hash, identity_hash, patient_id,
                channel, created_at, expires_at, ended_at)
            VALUES ('{tenant}', {hash}, {hash}, 'p', 'email', now(), '2099-01-01', '{ended}'),
                ('{tenant}', sha256('x{n}'), {hash}, 'p', 'email', now(), '{ended}', NULL)"
        ),
        Prunable::RegistrationAttempts => format!(
            "INSERT INTO registration_attempts (tenant_id, kind, key_hash, hour)
            VALUES ('{tenant}', 'mrn', {hash}, '{ended}')"
        ),
        Prunable::Revocations => format!(
            "INSERT INTO revocations (tenant_id, kind, key_hash, not_before, until)
            VALUES ('{tenant}', 'token', {hash}, '2026-01-01', '{ended}'),
                ('{tenant}', 'subject', {hash}, '2026-01-01', NULL)
            ON CONFLICT DO NOTHING"
        ),
        Prunable::InboxMessages => format!(
            "INSERT INTO inbox_messages (tenant_id, kind, event_id, outcome, received_at)
            VALUES ('{tenant}', 'some.event', '{n}', 'handled', '{ended}')"
        ),
    }
}

#[tokio::test]
async fn what_ended_until_then_goes_and_the_rest_stays() {
    let scene = Scene::begin().await;
    let other = Scene::begin().await;
    let until = now() - DAY;
    for what in Prunable::ALL {
        let table = what.as_str();
        for (n, ended) in [(1, until), (2, until + SECOND)] {
            for scene in [&scene, &other] {
                let sql = insert(what, scene.tenant.id.as_str(), &ended.to_string(), n);
                scene.as_owner(&sql).await;
            }
        }
        let before = scene.count(table).await;
        let removed = scene
            .upkeep
            .prune(&scene.tenant.id, what, until)
            .await
            .unwrap();
        let gone = if what == Prunable::VerificationTokens {
            2
        } else {
            1
        };
        assert_eq!(removed, gone, "{table}");
        assert_eq!(
            scene.count(table).await,
            before - i64::try_from(gone).unwrap(),
            "{table}"
        );
        assert_eq!(
            other.count(table).await,
            before,
            "{table} of another tenant"
        );
        let again = scene
            .upkeep
            .prune(&scene.tenant.id, what, until)
            .await
            .unwrap();
        assert_eq!(again, 0, "{table}");
    }
}

#[tokio::test]
async fn many_rows_go_batch_by_batch() {
    let scene = Scene::begin().await;
    let tenant = &scene.tenant.id;
    scene
        .as_owner(&format!(
            "INSERT INTO registration_attempts (tenant_id, kind, key_hash, hour)
            SELECT '{tenant}', 'mrn', sha256(n::text::bytea), '2026-01-01'
            FROM generate_series(1, 1500) n"
        ))
        .await;
    let mut batches = Vec::new();
    loop {
        let what = Prunable::RegistrationAttempts;
        match scene.upkeep.prune(tenant, what, now()).await.unwrap() {
            0 => break,
            removed => batches.push(removed),
        }
    }
    assert_eq!(batches, [1_000, 500]);
}
