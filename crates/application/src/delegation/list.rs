//! Delegations as grantor and proxy see them.

use async_trait::async_trait;
use portal_domain::access::{Action, PatientGrant};
use portal_domain::disclosure::Answer;
use portal_domain::proxy_delegation::ProxyDelegation;

use crate::caller::Caller;
use crate::error::AccessError;
use crate::input::Parameters;
use crate::look::{Look, Seen};
use crate::operation;
use crate::portal::Inner;

use super::named;

/// Which side of a delegation the caller is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListedRole {
    /// It is about the caller's own record.
    Grantor,
    /// The caller may act, or could.
    Proxy,
}

/// A delegation of the caller's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedDelegation {
    /// The delegation.
    pub delegation: ProxyDelegation,
    /// Which side of it the caller is on.
    pub role: ListedRole,
}

/// `GET /v1/portal/proxy-delegations`
pub(crate) struct ListDelegations<'a> {
    pub(crate) raw: &'a [(String, String)],
}

/// `GET /v1/portal/proxy-delegations/{pdel}`
pub(crate) struct GetDelegation<'a> {
    pub(crate) id: &'a str,
    pub(crate) raw: &'a [(String, String)],
}

#[async_trait]
impl Look for ListDelegations<'_> {
    type About = Vec<ListedDelegation>;

    fn action(&self) -> Action {
        operation::LIST_PROXY_DELEGATIONS
    }

    async fn look(
        &self,
        portal: &Inner,
        grant: &PatientGrant,
        _: &Caller,
    ) -> Result<Seen<Self::About>, AccessError> {
        Parameters::read(self.raw, &[])?;
        let found = portal.account_views.delegations(grant, None).await?;
        Ok(Seen {
            answer: Answer::default(),
            about: found.into_iter().map(|one| listed(one, grant)).collect(),
        })
    }
}

#[async_trait]
impl Look for GetDelegation<'_> {
    type About = ListedDelegation;

    fn action(&self) -> Action {
        operation::GET_PROXY_DELEGATION
    }

    async fn look(
        &self,
        portal: &Inner,
        grant: &PatientGrant,
        _: &Caller,
    ) -> Result<Seen<Self::About>, AccessError> {
        Parameters::read(self.raw, &[])?;
        let id = named(self.id)?;
        let found = portal.account_views.delegations(grant, Some(id)).await?;
        let found = found.into_iter().next().ok_or(AccessError::NotFound)?;
        Ok(Seen {
            answer: Answer::default(),
            about: listed(found, grant),
        })
    }
}

fn listed(delegation: ProxyDelegation, grant: &PatientGrant) -> ListedDelegation {
    let own = grant.account().patient_id.as_ref() == Some(&delegation.grantor);
    ListedDelegation {
        role: if own {
            ListedRole::Grantor
        } else {
            ListedRole::Proxy
        },
        delegation,
    }
}
