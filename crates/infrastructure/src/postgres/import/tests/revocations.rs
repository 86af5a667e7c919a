use super::*;
use crate::crypto::{KeyRing, RevocationHashes};

const RING: &str = "one:2020-01-01:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";

async fn with_ring() -> Scene {
    let mut scene = Scene::with_tenant().await;
    let day = "2026-01-01T00:00:00Z".parse().unwrap();
    let ring = KeyRing::parse(RING, day).unwrap();
    scene.import = scene.import.with_revocations(RevocationHashes::new(&ring));
    scene
}

impl Scene {
    async fn revocation(&mut self, members: &str) -> Result<ImportOutcome, ImportCode> {
        let line = format!(
            r#"{{"revocation":{{"tenantId":"{}","issuer":"https://i",{members}}}}}"#,
            self.tenant
        );
        self.line(&line).await
    }
}

#[tokio::test]
async fn a_revocation_is_written_once_and_only_moves_forwards() {
    let mut scene = with_ring().await;
    let session = r#""sessionId":"s1","notBefore":"2026-01-01T10:00:00Z""#;
    assert_eq!(scene.revocation(session).await, Ok(Created));
    assert_eq!(scene.revocation(session).await, Ok(Unchanged));
    let earlier = r#""sessionId":"s1","notBefore":"2026-01-01T09:00:00Z""#;
    assert_eq!(scene.revocation(earlier).await, Ok(Unchanged));
    let later = r#""sessionId":"s1","notBefore":"2026-01-01T11:00:00Z""#;
    assert_eq!(scene.revocation(later).await, Ok(Updated));
    assert_eq!(scene.revocation(r#""subject":"s1""#).await, Ok(Created));
    let client = r#""subject":"s1","clientId":"app""#;
    assert_eq!(scene.revocation(client).await, Ok(Created));
}

#[tokio::test]
async fn without_keys_or_tenant_nothing_is_revoked() {
    let mut scene = Scene::with_tenant().await;
    let line = r#""tokenId":"j1""#;
    assert_eq!(scene.revocation(line).await, Err(ImportCode::KeyRingRequired));
    let mut scene = with_ring().await;
    scene.tenant = format!("t-{}", random());
    assert_eq!(scene.revocation(line).await, Err(ImportCode::TenantUnknown));
}
