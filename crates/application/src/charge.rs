//! What a request costs its caller, and where their budget stands after it.

use tokio::sync::OnceCell;

use crate::caller::Caller;
use crate::error::{AccessError, Refusal};
use crate::portal::Inner;
use crate::ports::{Payer, Standing};

/// The points of one request, which are taken once however often it is decided.
#[derive(Debug, Default)]
pub struct Charge {
    points: u32,
    standing: OnceCell<Standing>,
}

impl Charge {
    /// Of so many points.
    pub fn new(points: u32) -> Self {
        Self {
            points,
            standing: OnceCell::new(),
        }
    }

    /// How many points.
    pub const fn points(&self) -> u32 {
        self.points
    }

    /// Where the account's budget stands; none before the points were asked for.
    pub fn standing(&self) -> Option<Standing> {
        self.standing.get().copied()
    }
}

impl Inner {
    /// Takes the request's points from the budget of its caller, who was let in.
    pub(crate) async fn charge(&self, caller: &Caller) -> Result<(), AccessError> {
        let token = &caller.token;
        let Ok(tenant) = token.tenant() else {
            return Ok(());
        };
        let payer = Payer::Account {
            tenant,
            issuer: &token.issuer,
            subject: &token.subject,
        };
        let charge = &caller.request.charge;
        let take = || self.limits.take(payer, charge.points);
        if charge.standing.get_or_init(take).await.admitted {
            Ok(())
        } else {
            Err(Refusal::RateLimited.into())
        }
    }
}
