//! Who is not to be let in any more with what they have.

use jiff::{SignedDuration, Timestamp};
use portal_domain::id::{Issuer, Subject};

use crate::ports::{ProviderTask, StoreError, UnitOfWork};

/// How long the tokens of who is locked out stay on the list: longer than any of them lives.
pub(crate) const REVOKED_FOR: SignedDuration = SignedDuration::from_hours(24);

/// Refuses what tokens a person has until a moment, and keeps them refused from now on.
pub(crate) async fn refuse_tokens(
    identity: &(Issuer, Subject),
    (not_before, now): (Timestamp, Timestamp),
    work: &mut dyn UnitOfWork,
) -> Result<(), StoreError> {
    let until = now.saturating_add(REVOKED_FOR).ok();
    work.revoke(identity, None, not_before, until).await
}

/// Refuses what tokens a person has, whether or not the provider can be reached, and has it end
/// their sessions.
pub(crate) async fn lock_out(
    identity: &(Issuer, Subject),
    now: Timestamp,
    work: &mut dyn UnitOfWork,
) -> Result<(), StoreError> {
    refuse_tokens(identity, (now, now), work).await?;
    work.ask_provider(identity, ProviderTask::EndSessions, now)
        .await
}
