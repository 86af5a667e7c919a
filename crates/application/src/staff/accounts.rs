//! Accounts as staff see them.

use async_trait::async_trait;
use portal_domain::access::{StaffAction, StaffGrant};
use portal_domain::account::AccountStatus;
use portal_domain::id::{ClientId, PatientId, PortalAccountId};

use super::decide::About;
use super::desk::StaffDesk;
use super::look::StaffLook;
use super::{StaffCaller, operation};
use crate::error::AccessError;
use crate::input::{Parameters, invalid};
use crate::ports::{AccountQuery, CursorBinding, StaffAccount};

/// A page of accounts.
#[derive(Debug)]
pub struct AccountPage {
    /// The accounts, by their ids.
    pub accounts: Vec<StaffAccount>,
    /// Where the next page begins.
    pub next: Option<String>,
}

/// `GET accounts`
pub(super) struct ListAccounts<'a> {
    pub(super) raw: &'a [(String, String)],
}

/// `GET accounts/{pact}`
pub(super) struct GetAccount<'a> {
    pub(super) id: &'a str,
    pub(super) raw: &'a [(String, String)],
}

/// The account that a path names. What is no id names nothing.
pub(super) fn named(id: &str) -> Result<PortalAccountId, AccessError> {
    id.parse().map_err(|_| AccessError::NotFound)
}

/// What every cursor of somebody of staff, route and query is sealed to.
pub(super) fn binding(grant: &StaffGrant, parameters: &Parameters<'_>) -> CursorBinding {
    let token = grant.token();
    CursorBinding::new([
        "staff",
        grant.tenant().id.as_str(),
        token.issuer.as_str(),
        token.subject.as_str(),
        token.client.as_ref().map_or("", ClientId::as_str),
        grant.action().operation,
        &parameters.fingerprint(),
    ])
}

#[async_trait]
impl StaffLook for ListAccounts<'_> {
    type Shown = AccountPage;

    fn action(&self) -> StaffAction {
        operation::LIST_ACCOUNTS
    }

    async fn look(
        &self,
        desk: &StaffDesk,
        grant: &StaffGrant,
        _: &StaffCaller,
    ) -> Result<(AccountPage, About), AccessError> {
        let known = ["status", "patientId", "limit", "cursor"];
        let parameters = Parameters::read(self.raw, &known)?;
        let binding = binding(grant, &parameters);
        let query = query(desk, &parameters, &binding)?;
        let mut accounts = desk.staff.records.accounts(grant, &query).await?;
        let more = accounts.len() >= query.limit;
        accounts.truncate(query.limit - 1);
        let last = accounts.last().filter(|_| more);
        let next = last.map(|last| desk.inner.seal(&binding, &last.account.id.to_string()));
        let mut about = About::many(accounts.iter().map(|one| one.account.id));
        about.patient = query.patient;
        Ok((AccountPage { accounts, next }, about))
    }
}

/// One more than the page is asked for, to see whether there is one.
fn query(
    desk: &StaffDesk,
    parameters: &Parameters<'_>,
    binding: &CursorBinding,
) -> Result<AccountQuery, AccessError> {
    let status = parameters
        .get("status")
        .map(|text| AccountStatus::parse(text).ok_or_else(|| invalid("status")));
    let patient = parameters
        .get("patientId")
        .map(|text| PatientId::parse(text).map_err(|_| invalid("patientId")));
    let after: Option<String> = desk.inner.unseal(binding, parameters.get("cursor"))?;
    Ok(AccountQuery {
        status: status.transpose()?,
        patient: patient.transpose()?,
        after: after.and_then(|id| id.parse().ok()),
        limit: parameters.limit()? + 1,
    })
}

#[async_trait]
impl StaffLook for GetAccount<'_> {
    type Shown = StaffAccount;

    fn action(&self) -> StaffAction {
        operation::GET_ACCOUNT
    }

    async fn look(
        &self,
        desk: &StaffDesk,
        grant: &StaffGrant,
        _: &StaffCaller,
    ) -> Result<(StaffAccount, About), AccessError> {
        Parameters::read(self.raw, &[])?;
        let found = desk.staff.records.account(grant, named(self.id)?).await?;
        let found = found.ok_or(AccessError::NotFound)?;
        let about = About::one(&found.account.id, found.account.patient.as_ref());
        Ok((found, about))
    }
}
