//! Delegations in a change.

use async_trait::async_trait;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff_sqlx::ToSqlx;
use portal_application::ports::{
    DelegationCount, Hash, Invitation, ProxyDelegations, StoreError, Stored,
};
use portal_domain::id::{PatientId, PortalAccountId, ProxyDelegationId};
use portal_domain::proxy_delegation::{
    DelegationRight, DelegationStatus, DelegationTerms, LegalBasis, ProxyDelegation,
    RelationshipType, RightSet,
};
use portal_domain::sensitivity::{SensitivityCategory, SensitivitySet};
use sqlx::FromRow;

use super::super::error::{QueryError, UNIQUE_VIOLATION, code};
use super::super::facts::words;
use super::accounts::stored;
use super::{PgUnitOfWork, hash};

/// A delegation as it is stored.
#[derive(FromRow)]
pub(in crate::postgres) struct DelegationRow {
    delegation_id: String,
    status: String,
    relationship_type: String,
    grantor_patient_id: String,
    proxy_account_id: Option<String>,
    scope: Vec<String>,
    sensitive: Vec<String>,
    valid_from: jiff_sqlx::Date,
    valid_to: Option<jiff_sqlx::Date>,
    version: i64,
}

impl TryFrom<DelegationRow> for ProxyDelegation {
    type Error = QueryError;

    fn try_from(row: DelegationRow) -> Result<Self, QueryError> {
        let corrupt = || QueryError::Corrupt;
        let proxy = row.proxy_account_id.as_deref().map(str::parse).transpose();
        Ok(Self {
            id: row.delegation_id.parse().map_err(|_| corrupt())?,
            status: DelegationStatus::parse(&row.status).ok_or_else(corrupt)?,
            grantor: PatientId::parse(&row.grantor_patient_id).map_err(|_| corrupt())?,
            proxy: proxy.map_err(|_| corrupt())?,
            terms: DelegationTerms {
                relationship: RelationshipType::parse(&row.relationship_type)
                    .ok_or_else(corrupt)?,
                scope: RightSet::of(words(&row.scope, DelegationRight::parse)?),
                sensitive: SensitivitySet::of(words(&row.sensitive, SensitivityCategory::parse)?),
                valid_from: row.valid_from.to_jiff(),
                valid_to: row.valid_to.map(jiff_sqlx::Date::to_jiff),
            },
            version: row.version,
        })
    }
}

#[derive(FromRow)]
struct InvitationRow {
    code_hash: Vec<u8>,
    tries: i16,
    expires_at: jiff_sqlx::Timestamp,
}

#[async_trait]
impl ProxyDelegations for PgUnitOfWork {
    async fn lock_grantor(&mut self, grantor: &PatientId) -> Result<(), StoreError> {
        let name = format!("proxy_delegations/{}/{}", self.tenant, grantor.as_str());
        let asked = sqlx::query("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))").bind(name);
        let connection = &mut *self.transaction;
        Self::step(&self.shared.database, async {
            asked.execute(connection).await?;
            Ok(())
        })
        .await
    }

    async fn count(&mut self, grantor: &PatientId) -> Result<DelegationCount, StoreError> {
        let asked = sqlx::query_as::<_, (i64, i64)>(
            "SELECT count(*) FILTER (WHERE status = 'active'),
                count(*) FILTER (WHERE status IN ('invited', 'accepted'))
            FROM proxy_delegations
            WHERE tenant_id = $1 AND grantor_patient_id = $2
                AND status IN ('invited', 'accepted', 'active')",
        )
        .bind(self.tenant.as_str())
        .bind(grantor.as_str());
        let connection = &mut *self.transaction;
        Self::step(&self.shared.database, async {
            let (active, open) = asked.fetch_one(connection).await?;
            let size = |count| usize::try_from(count).map_err(|_| QueryError::Corrupt);
            Ok(DelegationCount {
                active: size(active)?,
                open: size(open)?,
            })
        })
        .await
    }

    async fn lock(&mut self, id: ProxyDelegationId) -> Result<Option<ProxyDelegation>, StoreError> {
        let asked = sqlx::query_as::<_, DelegationRow>(
            "SELECT delegation_id, status, relationship_type, grantor_patient_id,
                proxy_account_id, scope, sensitive, valid_from, valid_to, version
            FROM proxy_delegations WHERE tenant_id = $1 AND delegation_id = $2
            FOR NO KEY UPDATE",
        )
        .bind(self.tenant.as_str())
        .bind(id.to_string());
        let connection = &mut *self.transaction;
        Self::step(&self.shared.database, async {
            let row = asked.fetch_optional(connection).await?;
            row.map(ProxyDelegation::try_from).transpose()
        })
        .await
    }

    async fn open_between(
        &mut self,
        grantor: &PatientId,
        proxy: PortalAccountId,
    ) -> Result<Option<ProxyDelegationId>, StoreError> {
        let find = sqlx::query_scalar::<_, String>(
            "SELECT delegation_id FROM proxy_delegations
            WHERE tenant_id = $1 AND grantor_patient_id = $2 AND proxy_account_id = $3
                AND status IN ('accepted', 'active')",
        )
        .bind(self.tenant.as_str())
        .bind(grantor.as_str())
        .bind(proxy.to_string());
        let connection = &mut *self.transaction;
        Self::step(&self.shared.database, async {
            let id = find.fetch_optional(connection).await?;
            id.map(|id| id.parse().map_err(|_| QueryError::Corrupt))
                .transpose()
        })
        .await
    }

    async fn insert(
        &mut self,
        delegation: &ProxyDelegation,
        invitation: Option<&Invitation>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.insert_on(delegation, None, now).await?;
        match invitation {
            Some(invitation) => self.insert_invitation(delegation.id, invitation).await,
            None => Ok(()),
        }
    }

    async fn update(
        &mut self,
        delegation: &ProxyDelegation,
        now: Timestamp,
    ) -> Result<Stored, StoreError> {
        let asked = sqlx::query(
            "UPDATE proxy_delegations SET status = $3, proxy_account_id = $4, updated_at = $5,
                version = version + 1
            WHERE tenant_id = $1 AND delegation_id = $2 AND version = $6
                AND ($3 NOT IN ('accepted', 'active') OR NOT EXISTS (
                    SELECT FROM proxy_delegations other
                    WHERE other.tenant_id = $1 AND other.grantor_patient_id = $7
                        AND other.proxy_account_id = $4 AND other.delegation_id <> $2
                        AND other.status IN ('accepted', 'active')))",
        )
        .bind(self.tenant.as_str())
        .bind(delegation.id.to_string())
        .bind(delegation.status.as_str())
        .bind(delegation.proxy.map(|proxy| proxy.to_string()))
        .bind(now.to_sqlx())
        .bind(delegation.version)
        .bind(delegation.grantor.as_str());
        let connection = &mut *self.transaction;
        Self::step(&self.shared.database, async {
            match asked.execute(connection).await {
                Ok(updated) => Ok(stored(updated.rows_affected())),
                // Another one of the two was accepted at the same moment.
                Err(error) if code(&error) == UNIQUE_VIOLATION => Ok(Stored::Taken),
                Err(error) => Err(error.into()),
            }
        })
        .await
    }

    async fn invitation(
        &mut self,
        id: ProxyDelegationId,
    ) -> Result<Option<Invitation>, StoreError> {
        let asked = sqlx::query_as::<_, InvitationRow>(
            "SELECT code_hash, tries, expires_at FROM proxy_invitations
            WHERE tenant_id = $1 AND delegation_id = $2 FOR UPDATE",
        )
        .bind(self.tenant.as_str())
        .bind(id.to_string());
        let connection = &mut *self.transaction;
        Self::step(&self.shared.database, async {
            let row = asked.fetch_optional(connection).await?;
            row.map(|row| {
                Ok(Invitation {
                    code_hash: hash(&row.code_hash)?,
                    tries: u8::try_from(row.tries).map_err(|_| QueryError::Corrupt)?,
                    expires_at: row.expires_at.to_jiff(),
                })
            })
            .transpose()
        })
        .await
    }

    async fn count_wrong_code(&mut self, id: ProxyDelegationId) -> Result<(), StoreError> {
        let sql = "UPDATE proxy_invitations SET tries = tries + 1
            WHERE tenant_id = $1 AND delegation_id = $2";
        self.of_delegation(sql, id).await
    }

    async fn end_invitation(&mut self, id: ProxyDelegationId) -> Result<(), StoreError> {
        let sql = "DELETE FROM proxy_invitations WHERE tenant_id = $1 AND delegation_id = $2";
        self.of_delegation(sql, id).await
    }

    async fn approve(
        &mut self,
        id: ProxyDelegationId,
        staff: Hash,
        now: Timestamp,
    ) -> Result<usize, StoreError> {
        let insert = sqlx::query(
            "INSERT INTO proxy_approvals (tenant_id, delegation_id, staff_hash, approved_at)
            VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
        )
        .bind(self.tenant.as_str())
        .bind(id.to_string())
        .bind(staff)
        .bind(now.to_sqlx());
        let count = sqlx::query_scalar::<_, i64>(
            "SELECT count(*) FROM proxy_approvals WHERE tenant_id = $1 AND delegation_id = $2",
        )
        .bind(self.tenant.as_str())
        .bind(id.to_string());
        let connection = &mut *self.transaction;
        Self::step(&self.shared.database, async {
            insert.execute(&mut *connection).await?;
            let approvals = count.fetch_one(connection).await?;
            usize::try_from(approvals).map_err(|_| QueryError::Corrupt)
        })
        .await
    }
}

impl PgUnitOfWork {
    /// Stores a new one with the paper that it rests on, unless the two have one that is accepted
    /// or active.
    pub(super) async fn insert_on(
        &mut self,
        delegation: &ProxyDelegation,
        basis: Option<&LegalBasis>,
        now: Timestamp,
    ) -> Result<Stored, StoreError> {
        let terms = &delegation.terms;
        let scope: Vec<&str> = terms.scope.iter().map(DelegationRight::as_str).collect();
        let sensitive = terms.sensitive.iter().map(SensitivityCategory::as_str);
        let asked = sqlx::query(
            "INSERT INTO proxy_delegations (tenant_id, delegation_id, status, relationship_type,
                grantor_patient_id, proxy_account_id, scope, sensitive, valid_from, valid_to,
                created_at, updated_at, version, court_order, document_reference)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11, $12, $13, $14)
            ON CONFLICT DO NOTHING",
        )
        .bind(self.tenant.as_str())
        .bind(delegation.id.to_string())
        .bind(delegation.status.as_str())
        .bind(terms.relationship.as_str())
        .bind(delegation.grantor.as_str())
        .bind(delegation.proxy.map(|proxy| proxy.to_string()))
        .bind(scope)
        .bind(sensitive.collect::<Vec<&str>>())
        .bind(terms.valid_from.to_sqlx())
        .bind(terms.valid_to.map(Date::to_sqlx))
        .bind(now.to_sqlx())
        .bind(delegation.version)
        .bind(basis.is_some_and(|basis| basis.court_order))
        .bind(basis.map(|basis| basis.document_reference.as_str()));
        let connection = &mut *self.transaction;
        Self::step(&self.shared.database, async {
            let inserted = asked.execute(connection).await?;
            Ok(stored(inserted.rows_affected()))
        })
        .await
    }

    async fn insert_invitation(
        &mut self,
        id: ProxyDelegationId,
        invitation: &Invitation,
    ) -> Result<(), StoreError> {
        let asked = sqlx::query(
            "INSERT INTO proxy_invitations (tenant_id, delegation_id, code_hash, tries, expires_at)
            VALUES ($1, $2, $3, $4, $5)",
        )
        .bind(self.tenant.as_str())
        .bind(id.to_string())
        .bind(invitation.code_hash)
        .bind(i16::from(invitation.tries))
        .bind(invitation.expires_at.to_sqlx());
        let connection = &mut *self.transaction;
        Self::step(&self.shared.database, async {
            asked.execute(connection).await?;
            Ok(())
        })
        .await
    }

    async fn of_delegation(
        &mut self,
        sql: &'static str,
        id: ProxyDelegationId,
    ) -> Result<(), StoreError> {
        let asked = sqlx::query(sql)
            .bind(self.tenant.as_str())
            .bind(id.to_string());
        let connection = &mut *self.transaction;
        Self::step(&self.shared.database, async {
            asked.execute(connection).await?;
            Ok(())
        })
        .await
    }
}
