//! The apps that hold a grant of the caller's, as far as they ever used it.

use std::sync::Arc;

use async_trait::async_trait;
use portal_domain::access::{Action, PatientGrant};
use portal_domain::account::AccountSnapshot;
use portal_domain::disclosure::Answer;
use portal_domain::tenant::Tenant;

use crate::caller::Caller;
use crate::error::AccessError;
use crate::input::Parameters;
use crate::look::{Look, Seen};
use crate::operation;
use crate::portal::Inner;
use crate::ports::ListedApp;

/// The apps of a person, and what tells the language to speak of them in.
#[derive(Debug, Clone)]
pub struct AppsAnswer {
    /// The one that was used last first.
    pub apps: Vec<ListedApp>,
    /// Whose they are.
    pub account: Arc<AccountSnapshot>,
    /// Where.
    pub tenant: Arc<Tenant>,
}

/// `GET /v1/portal/me/apps`
pub(crate) struct ListApps<'a> {
    pub(crate) raw: &'a [(String, String)],
}

#[async_trait]
impl Look for ListApps<'_> {
    type About = AppsAnswer;

    fn action(&self) -> Action {
        operation::LIST_APPS
    }

    async fn look(
        &self,
        portal: &Inner,
        grant: &PatientGrant,
        _: &Caller,
    ) -> Result<Seen<AppsAnswer>, AccessError> {
        Parameters::read(self.raw, &[])?;
        let apps = portal.account_views.apps(grant).await?;
        Ok(Seen {
            answer: Answer::default(),
            about: AppsAnswer {
                apps,
                account: Arc::clone(grant.account()),
                tenant: Arc::clone(grant.tenant()),
            },
        })
    }
}
