//! The account of who asks again for what made them one.

use portal_domain::access::{CallerGrant, Denial};
use portal_domain::account::PortalAccount;

use crate::error::AccessError;
use crate::ports::UnitOfWork;

/// The caller's account, held. The same request may have made it at another pod since it was
/// decided who the caller is.
pub(crate) async fn held(
    grant: &CallerGrant,
    work: &mut dyn UnitOfWork,
) -> Result<PortalAccount, AccessError> {
    let found = if let Some(known) = grant.account() {
        work.accounts().lock(known.id).await?
    } else {
        let token = grant.token();
        let (issuer, subject) = (&token.issuer, &token.subject);
        work.accounts().lock_of_identity(issuer, subject).await?
    };
    found.ok_or_else(|| Denial::AccountNotLinked.into())
}
