//! What a person wants to be told about.

use async_trait::async_trait;
use portal_domain::access::{Action, CallerGrant, PatientGrant};
use portal_domain::disclosure::Answer;
use portal_domain::notification::Preferences;

use crate::act::{Act, Acted};
use crate::body::{BodyError, WriteRequest};
use crate::caller::Caller;
use crate::error::{AccessError, InputError, Refusal};
use crate::input::Parameters;
use crate::look::{Look, Seen};
use crate::operation;
use crate::portal::Inner;
use crate::ports::{IdempotencyRecord, UnitOfWork};

/// What a person wants to be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreferencesAnswer {
    /// The preferences.
    pub preferences: Preferences,
    /// Their version: 0 while the person never said anything.
    pub version: i64,
}

impl From<Option<(Preferences, i64)>> for PreferencesAnswer {
    fn from(stored: Option<(Preferences, i64)>) -> Self {
        let (preferences, version) = stored.unwrap_or_default();
        Self {
            preferences,
            version,
        }
    }
}

/// `GET /v1/portal/me/notification-preferences`
pub(crate) struct ReadPreferences<'a> {
    pub(crate) raw: &'a [(String, String)],
}

/// `PUT /v1/portal/me/notification-preferences`
pub(crate) struct SetPreferences<'a> {
    pub(crate) request: &'a WriteRequest,
}

#[async_trait]
impl Look for ReadPreferences<'_> {
    type About = PreferencesAnswer;

    fn action(&self) -> Action {
        operation::GET_NOTIFICATION_PREFERENCES
    }

    async fn look(
        &self,
        portal: &Inner,
        grant: &PatientGrant,
        _: &Caller,
    ) -> Result<Seen<PreferencesAnswer>, AccessError> {
        Parameters::read(self.raw, &[])?;
        let stored = portal.account_views.preferences(grant).await?;
        Ok(Seen {
            answer: Answer::default(),
            about: stored.into(),
        })
    }
}

#[async_trait]
impl Act for SetPreferences<'_> {
    type Input = Preferences;
    type Made = PreferencesAnswer;

    fn action(&self) -> Action {
        operation::SET_NOTIFICATION_PREFERENCES
    }

    fn request(&self) -> &WriteRequest {
        self.request
    }

    fn read(&self, _: &CallerGrant) -> Result<Preferences, AccessError> {
        let read = Preferences::parse(&self.request.json()?);
        Ok(read.map_err(|faults| InputError::Body(BodyError::Invalid(faults)))?)
    }

    async fn act(
        &self,
        _: &Inner,
        grant: &CallerGrant,
        preferences: Preferences,
        work: &mut dyn UnitOfWork,
    ) -> Result<Acted<PreferencesAnswer>, AccessError> {
        let account = grant.own_account()?.id;
        let stored: PreferencesAnswer = work.accounts().preferences(account).await?.into();
        if let Some(wanted) = &self.request.if_match
            && *wanted != entity_tag(stored.version)
        {
            return Err(Refusal::VersionConflict.into());
        }
        let version = work
            .accounts()
            .set_preferences(account, &preferences, grant.decided_at())
            .await?;
        let answer = PreferencesAnswer {
            preferences,
            version,
        };
        Ok(Acted::made(answer, 200, &account))
    }

    async fn again(
        &self,
        _: &Inner,
        grant: &CallerGrant,
        _: &IdempotencyRecord,
        work: &mut dyn UnitOfWork,
    ) -> Result<PreferencesAnswer, AccessError> {
        let account = grant.own_account()?.id;
        Ok(work.accounts().preferences(account).await?.into())
    }
}

/// The strong entity tag of a version (spec 02, Conditional reads).
pub(crate) fn entity_tag(version: i64) -> String {
    format!("\"v{version}\"")
}
