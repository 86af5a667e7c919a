use portal_application::ports::{Facts, StoredFacts};
use portal_domain::account::{AccountSnapshot, AccountStatus};
use portal_domain::id::{Issuer, Subject};

use super::super::database::Login;
use super::super::facts::PgFacts;
use super::super::test_database::{TestDatabase, random};
use super::*;
use crate::system::SystemIds;
use crate::test_support::HandClock;

use ImportOutcome::{Created, Unchanged, Updated};

mod configs;
mod delegations;
mod revocations;

struct Scene {
    database: TestDatabase,
    import: Import,
    tenant: String,
}

impl Scene {
    async fn begin() -> Self {
        let database = TestDatabase::shared().await;
        let ids = Arc::new(SystemIds);
        let import = Import::connect(database.owner_url(), HandClock::at_noon(), ids).await;
        let tenant = format!("t-{}", random());
        Self {
            database,
            import: import.unwrap(),
            tenant,
        }
    }

    async fn with_tenant() -> Self {
        let mut scene = Self::begin().await;
        assert_eq!(scene.tenant_line("Kabul").await, Ok(Created));
        scene
    }

    async fn line(&mut self, text: &str) -> Result<ImportOutcome, ImportCode> {
        match self.import.line(text).await {
            ImportResult::Done { outcome, .. } => Ok(outcome),
            ImportResult::Failed { code, .. } => Err(code),
        }
    }

    async fn tenant_line(&mut self, name: &str) -> Result<ImportOutcome, ImportCode> {
        let line = format!(
            r#"{{"tenant":{{"id":"{}","name":"{name}","region":"local","timeZone":"Asia/Kabul","locale":"fa-AF","calendar":"persian","currency":"AFN"}}}}"#,
            self.tenant
        );
        self.line(&line).await
    }

    async fn account(&mut self, members: &str) -> Result<ImportOutcome, ImportCode> {
        let line = format!(
            r#"{{"account":{{"tenantId":"{}",{members}}}}}"#,
            self.tenant
        );
        self.line(&line).await
    }

    async fn facts(&self, subject: &str) -> StoredFacts {
        let facts = PgFacts::new(self.database.database(Login::App));
        let tenant = TenantId::parse(&self.tenant).unwrap();
        let issuer = Issuer::parse("https://i").unwrap();
        let subject = Subject::parse(subject).unwrap();
        facts.find(&tenant, &issuer, &subject, None).await.unwrap()
    }

    async fn found(&self, subject: &str) -> Option<Arc<AccountSnapshot>> {
        self.facts(subject).await.account
    }
}

const ADA: &str = r#""patientId":"ada","issuer":"https://i","subject":"ada-1""#;

#[tokio::test]
async fn a_tenant_is_created_once_and_its_version_rises_with_changes_only() {
    let mut scene = Scene::begin().await;
    let outcomes = [
        scene.tenant_line("Kabul").await,
        scene.tenant_line("Kabul").await,
        scene.tenant_line("Herat").await,
        scene.tenant_line("Herat").await,
    ];
    assert_eq!(
        outcomes,
        [Ok(Created), Ok(Unchanged), Ok(Updated), Ok(Unchanged)]
    );
    let found = scene.facts("nobody").await.tenant.unwrap();
    assert_eq!((found.name.as_str(), found.version), ("Herat", 2));
    assert_eq!(found.time_zone.iana_name(), Some("Asia/Kabul"));
}

#[tokio::test]
async fn an_account_is_created_once_and_found_by_its_identity() {
    let mut scene = Scene::with_tenant().await;
    assert_eq!(scene.account(ADA).await, Ok(Created));
    assert_eq!(scene.account(ADA).await, Ok(Unchanged));
    let found = scene.found("ada-1").await.unwrap();
    assert_eq!((found.status, found.version), (AccountStatus::Active, 1));
    assert!(scene.found("ada").await.is_none());
}

#[tokio::test]
async fn suspending_raises_the_version_and_closing_erases_the_identity() {
    let mut scene = Scene::with_tenant().await;
    scene.account(ADA).await.unwrap();
    let suspend = format!(r#"{ADA},"status":"suspended""#);
    assert_eq!(scene.account(&suspend).await, Ok(Updated));
    assert_eq!(scene.account(&suspend).await, Ok(Unchanged));
    assert_eq!(
        scene.account(ADA).await,
        Ok(Unchanged),
        "silence keeps the status"
    );
    let found = scene.found("ada-1").await.unwrap();
    assert_eq!((found.status, found.version), (AccountStatus::Suspended, 2));
    let close = r#""patientId":"ada","status":"closed""#;
    assert_eq!(scene.account(close).await, Ok(Updated));
    assert_eq!(scene.account(close).await, Ok(Unchanged));
    assert!(scene.found("ada-1").await.is_none());
    assert_eq!(
        scene.account(ADA).await,
        Ok(Created),
        "a closed account blocks nobody"
    );
}

#[tokio::test]
async fn a_pending_account_becomes_active_with_its_identity() {
    let mut scene = Scene::with_tenant().await;
    assert_eq!(scene.account(r#""patientId":"ada""#).await, Ok(Created));
    let active = scene
        .account(r#""patientId":"ada","status":"active""#)
        .await;
    assert_eq!(active, Err(ImportCode::IdentityRequired));
    assert_eq!(scene.account(ADA).await, Ok(Updated));
    let back = format!(r#"{ADA},"status":"pending_verification""#);
    assert_eq!(
        scene.account(&back).await,
        Err(ImportCode::TransitionNotAllowed)
    );
}

#[tokio::test]
async fn what_contradicts_the_accounts_is_refused() {
    let mut scene = Scene::with_tenant().await;
    scene.account(ADA).await.unwrap();
    scene
        .account(r#""patientId":"ben","issuer":"https://i","subject":"ben-1""#)
        .await
        .unwrap();
    for (members, code) in [
        (
            r#""patientId":"ada","issuer":"https://i","subject":"ben-1""#,
            ImportCode::AccountConflict,
        ),
        (
            r#""patientId":"eve","issuer":"https://i","subject":"ada-1""#,
            ImportCode::AccountConflict,
        ),
        (
            r#""kind":"caregiver","issuer":"https://i","subject":"ada-1""#,
            ImportCode::AccountConflict,
        ),
        (
            r#""patientId":"eve","status":"active""#,
            ImportCode::IdentityRequired,
        ),
        (
            r#""patientId":"eve","status":"closed""#,
            ImportCode::AccountUnknown,
        ),
    ] {
        assert_eq!(scene.account(members).await, Err(code), "{members}");
    }
    scene.tenant = "nobody".to_owned();
    assert_eq!(scene.account(ADA).await, Err(ImportCode::TenantUnknown));
}

#[tokio::test]
async fn a_result_names_kind_and_outcome_or_code_and_faults() {
    let mut scene = Scene::begin().await;
    let text = |result: &ImportResult| serde_json::to_string(result).unwrap();
    let bad = scene.import.line(r#"{"tenant":{"id":"a b"}}"#).await;
    assert!(text(&bad).starts_with(r#"{"code":"LINE_INVALID","faults":[{"pointer":"/tenant/id""#));
    let done = ImportResult::Done {
        kind: "account",
        outcome: Unchanged,
    };
    assert_eq!(text(&done), r#"{"kind":"account","outcome":"unchanged"}"#);
}
