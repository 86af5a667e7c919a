//! Asking the portal as a caller, and walking its pages.

use std::collections::{BTreeMap, BTreeSet};

use portal_tests::{Answer, Pod, TestPortal};
use serde_json::{Value, json};
use tokio::sync::Mutex;

use super::markers::markers_in;
use super::reference::Route;
use super::world::{Caller, Claim};

/// A portal with the tokens that were minted for its callers.
pub(super) struct Asker<'p> {
    /// The portal.
    pub(super) portal: &'p TestPortal,
    /// Where to ask; none: the first pod.
    pod: Option<&'p Pod>,
    tokens: Mutex<BTreeMap<String, (String, i64)>>,
}

/// Seconds for which a token is used again.
const USED_FOR: i64 = 200;

impl<'p> Asker<'p> {
    /// Asks the first pod.
    pub(super) fn of(portal: &'p TestPortal) -> Self {
        Self {
            portal,
            pod: None,
            tokens: Mutex::default(),
        }
    }

    /// Asks another pod.
    pub(super) fn at(portal: &'p TestPortal, pod: &'p Pod) -> Self {
        Self {
            pod: Some(pod),
            ..Self::of(portal)
        }
    }

    /// A caller's token, minted anew when the last one is old.
    pub(super) async fn token(&self, caller: &Caller) -> String {
        let change = claims(caller);
        let key = format!("{}{change}", caller.person.subject);
        let now = self.portal.now().as_second();
        let mut tokens = self.tokens.lock().await;
        if let Some((token, minted)) = tokens.get(&key)
            && (*minted..*minted + USED_FOR).contains(&now)
        {
            return token.clone();
        }
        let token = self.portal.token_with(&caller.person, &change);
        tokens.insert(key, (token.clone(), now));
        token
    }

    /// One request.
    pub(super) async fn get(&self, caller: &Caller, path: &str) -> Answer {
        let token = self.token(caller).await;
        let mut headers = Vec::new();
        if let Some(delegation) = caller
            .acting_for
            .as_deref()
            .filter(|_| path.starts_with("/v1"))
        {
            headers.push(("X-Acting-For", delegation));
        }
        match self.pod {
            Some(pod) => self.portal.get_at(pod, &token, path, &headers).await,
            None => self.portal.get_token_with(&token, path, &headers).await,
        }
    }

    /// A request and the pages behind its answer.
    pub(super) async fn walk(&self, caller: &Caller, route: &Route) -> Walk {
        let mut walk = Walk::default();
        let mut path = route.path();
        for _ in 0..80 {
            let answer = self.get(caller, &path).await;
            let next = walk.add(route, &answer, self.portal);
            match next {
                Some(next) => path = next,
                None => return walk,
            }
        }
        panic!("{path}: the walk ends");
    }
}

/// The claims that make a caller's token.
fn claims(caller: &Caller) -> Value {
    let patient = match &caller.claim {
        Claim::None => Value::Null,
        Claim::Of(patient) => json!(patient),
    };
    let client = if caller.first_party {
        "portal-web"
    } else {
        "smart-app"
    };
    json!({"patient": patient, "azp": client, "scope": caller.scopes.text()})
}

/// What came of a request, over all of its pages.
#[derive(Debug, Default)]
pub(super) struct Walk {
    /// Status and code of the first answer.
    pub(super) verdict: String,
    /// The ids on every page.
    pub(super) ids: BTreeSet<String>,
    /// The ids of what came beside these, on every page.
    pub(super) brought: BTreeSet<String>,
    /// How many there were, each as often as it came.
    pub(super) count: usize,
    /// `total`, where it is said.
    pub(super) total: Option<u64>,
    /// Every marker in bodies and headers.
    pub(super) markers: BTreeSet<u32>,
    /// `meta.withheld`.
    pub(super) withheld: Value,
    /// The answers.
    pub(super) answers: Vec<Answer>,
}

impl Walk {
    /// Takes one answer in, and says where the next page is.
    fn add(&mut self, route: &Route, answer: &Answer, portal: &TestPortal) -> Option<String> {
        if self.answers.is_empty() {
            self.verdict = answer.verdict();
        } else {
            assert_eq!(answer.status, 200, "a further page: {}", answer.verdict());
        }
        self.markers
            .extend(markers_in(&String::from_utf8_lossy(&answer.body)));
        self.markers
            .extend(markers_in(&format!("{:?}", answer.headers)));
        self.answers.push(answer.clone());
        if answer.status != 200 || route.is_content() {
            return None;
        }
        let body = answer.json();
        let found: Vec<String> = match route {
            Route::Me => of_list(&body["mayActFor"], "delegationId"),
            Route::Labs(_) | Route::List(..) | Route::Providers => of_list(&body["data"], "id"),
            Route::Trends(_) => of_series(&body["data"]),
            Route::Lab(_) | Route::Read(..) | Route::One(..) | Route::Demographics => {
                of_list(&json!([body]), "id")
            }
            Route::Calendar(_) | Route::Content(_) | Route::Binary(_) => unreachable!(),
            Route::Summary | Route::Section(..) | Route::Search(..) => {
                self.brought.extend(entries(&body, true));
                entries(&body, false)
            }
        };
        self.count += found.len();
        self.ids.extend(found);
        if self.answers.len() == 1 {
            self.total = body["total"].as_u64();
            self.withheld = body["meta"]["withheld"].clone();
        }
        let cursor = body["nextCursor"]
            .as_str()
            .map(|cursor| with_cursor(route, cursor));
        answer.next().map(|link| portal.path_of(&link)).or(cursor)
    }
}

/// The ids of the resources of a Bundle: of those that were brought along, or of the others.
fn entries(bundle: &Value, brought: bool) -> Vec<String> {
    let mode = |entry: &Value| {
        entry["search"]["mode"]
            .as_str()
            .unwrap_or("match")
            .to_owned()
    };
    let entries = bundle["entry"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    entries
        .iter()
        .filter(|entry| mode(entry) == if brought { "include" } else { "match" })
        .filter_map(|entry| entry["resource"]["id"].as_str().map(str::to_owned))
        .collect()
}

fn of_series(trends: &Value) -> Vec<String> {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let series = list(trends)
        .into_iter()
        .flat_map(|trend| list(&trend["series"]));
    series
        .flat_map(|series| of_list(&series["points"], "id"))
        .collect()
}

fn of_list(list: &Value, name: &str) -> Vec<String> {
    let items = list.as_array().map(Vec::as_slice).unwrap_or_default();
    items
        .iter()
        .filter_map(|item| item[name].as_str().map(str::to_owned))
        .collect()
}

fn with_cursor(route: &Route, cursor: &str) -> String {
    let path = route.path();
    let joint = if path.contains('?') { '&' } else { '?' };
    format!("{path}{joint}cursor={cursor}")
}
