//! Pages that were begun before something changed.

use jiff::SignedDuration;

use super::super::markers::markers_in;
use super::super::reference::Route;
use super::super::scopes::searched;
use super::{Model, is_of_token};

/// The next page of a search that somebody began.
pub(super) struct Page {
    caller: usize,
    route: Route,
    path: String,
    begun: jiff::Timestamp,
}

/// Shorter than a cursor lives.
const LIVES: SignedDuration = SignedDuration::from_mins(14);

impl Model<'_> {
    /// Turns a page that waits, or begins a search whose next page then waits.
    pub(super) async fn turn_a_page(&mut self) {
        if self.pages.len() < 4 {
            self.begin().await;
            return;
        }
        let at = self.random.below(self.pages.len());
        let page = self.pages.swap_remove(at);
        let caller = &self.callers[page.caller];
        let now = self.portal.now();
        let expected = page.route.expected(&self.generated.world, caller, now);
        let answer = self.askers[self.random.below(2)]
            .get(caller, &page.path)
            .await;
        let verdict = answer.verdict();
        let markers = markers_in(&String::from_utf8_lossy(&answer.body));
        let old = now.duration_since(page.begun) > LIVES;
        let told = format!(
            "{} turns a page of {}: {verdict}",
            caller.name,
            page.route.path()
        );
        self.tell(told);
        // A cursor is bound to what it was sealed under, a delegation for one, and lives for a
        // while; no fence keeps a refusal of it, which shows nothing.
        let unbound = old || self.is_launched(page.caller);
        let bad_cursor = unbound && verdict == "400 CURSOR_INVALID";
        match expected {
            Err(refusal) if verdict == refusal || is_of_token(&verdict) || bad_cursor => {}
            Err(refusal) => self.fail(&format!("{verdict} and not {refusal}")),
            Ok(expected) => {
                if verdict != "200" && !bad_cursor {
                    self.fail(&format!("{verdict} for a page"));
                }
                if let Some(leak) = markers.difference(&expected.allowed).next() {
                    self.fail(&format!(
                        "the page shows {}",
                        self.generated.world.place_of(*leak)
                    ));
                }
            }
        }
    }

    /// Whether a caller's context may have become another delegation.
    fn is_launched(&self, at: usize) -> bool {
        use super::super::world::Claim;
        let caller = &self.callers[at];
        matches!(&caller.claim, Claim::Of(patient) if *patient != caller.person.patient)
    }

    async fn begin(&mut self) {
        let caller = self.random.below(self.callers.len());
        let resource_type = *self.random.pick(&searched()[1..]);
        let route = Route::Search(resource_type, vec![("_count".into(), "1".into())]);
        let begun = self.portal.now();
        let answer = self.askers[0]
            .get(&self.callers[caller], &route.path())
            .await;
        let told = format!(
            "{} begins {}: {}",
            self.callers[caller].name,
            route.path(),
            answer.verdict()
        );
        self.tell(told);
        let next = if answer.status == 200 {
            answer.next()
        } else {
            None
        };
        if let Some(next) = next {
            let path = self.portal.path_of(&next);
            self.pages.push(Page {
                caller,
                route,
                path,
                begun,
            });
        }
    }
}
