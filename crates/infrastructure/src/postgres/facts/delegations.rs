//! Delegations as they come in the row of facts.

use jiff::civil::Date;
use portal_domain::account::AccountStatus;
use portal_domain::id::PatientId;
use portal_domain::proxy_delegation::{
    DelegationRight, DelegationSnapshot, DelegationStatus, GrantorAccount, RelationshipType,
    RightSet,
};
use portal_domain::sensitivity::{SensitivityCategory, SensitivitySet};
use serde::Deserialize;

use super::super::error::QueryError;

#[derive(Deserialize)]
pub(super) struct DelegationRow {
    delegation_id: String,
    status: String,
    relationship_type: String,
    grantor_patient_id: String,
    scope: Vec<String>,
    sensitive: Vec<String>,
    valid_from: Date,
    valid_to: Option<Date>,
    court_order: bool,
    version: i64,
    grantor: Option<GrantorRow>,
}

#[derive(Deserialize)]
struct GrantorRow {
    account_id: String,
    status: String,
    version: i64,
}

impl DelegationRow {
    pub(super) fn into_delegation(self) -> Result<DelegationSnapshot, QueryError> {
        let scope = words(&self.scope, DelegationRight::parse)?;
        let sensitive = words(&self.sensitive, SensitivityCategory::parse)?;
        Ok(DelegationSnapshot {
            id: self
                .delegation_id
                .parse()
                .map_err(|_| QueryError::Corrupt)?,
            status: DelegationStatus::parse(&self.status).ok_or(QueryError::Corrupt)?,
            relationship: RelationshipType::parse(&self.relationship_type)
                .ok_or(QueryError::Corrupt)?,
            grantor: PatientId::parse(&self.grantor_patient_id).map_err(|_| QueryError::Corrupt)?,
            scope: RightSet::of(scope),
            sensitive: SensitivitySet::of(sensitive),
            valid_from: self.valid_from,
            valid_to: self.valid_to,
            court_order: self.court_order,
            grantor_account: self.grantor.map(GrantorRow::into_account).transpose()?,
            version: self.version,
        })
    }
}

impl GrantorRow {
    fn into_account(self) -> Result<GrantorAccount, QueryError> {
        Ok(GrantorAccount {
            id: self.account_id.parse().map_err(|_| QueryError::Corrupt)?,
            status: AccountStatus::parse(&self.status).ok_or(QueryError::Corrupt)?,
            version: self.version,
        })
    }
}

/// Every word, or none: a word that is not known was not stored by this program.
pub(in crate::postgres) fn words<T>(
    texts: &[String],
    parse: fn(&str) -> Option<T>,
) -> Result<Vec<T>, QueryError> {
    texts
        .iter()
        .map(|text| parse(text).ok_or(QueryError::Corrupt))
        .collect()
}
