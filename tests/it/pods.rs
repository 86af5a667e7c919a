//! Several pods: what changes at one store acts at each of them, whatever they remember and
//! whatever else is down.

use std::time::{Duration, Instant};

use jiff::SignedDuration;
use portal_sandbox::IssuerFault;
use portal_tests::{Answer, Person, Pod, TestOptions, TestPortal, long_scene, scene};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::time::sleep;

const PROBLEMS: &str = "/v1/portal/chart/problems";
const CONDITIONS: &str = "/fhir/R4/Condition";
const LABS: &str = "/v1/portal/results/labs";
const REVOKED: &str = "401 TOKEN_REVOKED";
const UNAVAILABLE: &str = "503 UPSTREAM_UNAVAILABLE";

/// How soon a revocation must act.
const SOON: Duration = Duration::from_secs(5);
/// Nothing listens here.
const NOBODY: &str = "127.0.0.1:1";

struct Pods {
    portal: TestPortal,
    ada: Person,
    ben: Person,
    delegation: String,
}

async fn pods(options: TestOptions) -> Pods {
    let portal = TestPortal::with(options).await;
    let ada = portal.person("ada").await;
    let ben = portal.person("ben").await;
    portal.put_everything(&ada, "ada");
    portal.put_everything(&ben, "ben");
    let delegation = portal.delegate(&ada, &ben, &json!({})).await;
    Pods {
        portal,
        ada,
        ben,
        delegation,
    }
}

impl Pods {
    async fn pod_without(&self, setting: &str, scheme: &str) -> Pod {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let nowhere = format!("{scheme}://{NOBODY}");
        self.portal
            .another_pod_with(listener, &[(setting, nowhere)])
            .await
    }

    async fn get(&self, pod: &Pod, token: &str, path: &str) -> Answer {
        self.portal.get_at(pod, token, path, &[]).await
    }

    async fn proxy(&self, pod: &Pod) -> Answer {
        let headers = [("X-Acting-For", self.delegation.as_str())];
        self.portal
            .get_at(pod, &self.portal.token(&self.ben), PROBLEMS, &headers)
            .await
    }

    async fn own(&self, pod: &Pod, path: &str) -> Answer {
        self.get(pod, &self.portal.token(&self.ada), path).await
    }

    fn app(&self) -> String {
        self.portal
            .token_with(&self.ada, &json!({"azp": "smart-app"}))
    }
}

/// Asks until the answer is a refusal; one that was asked for later than the time allows must be.
async fn refused_soon(what: &str, ask: impl AsyncFn() -> Answer) {
    let changed = Instant::now();
    loop {
        let late = changed.elapsed() > SOON;
        let verdict = ask().await.verdict();
        if verdict == REVOKED {
            return;
        }
        assert_eq!(verdict, "200", "{what}");
        assert!(!late, "{what}: still shown after {SOON:?}");
        sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn a_revoked_login_is_refused_by_every_pod_within_five_seconds() {
    long_scene(Duration::from_mins(1), async {
        let pods = pods(TestOptions::default()).await;
        let portal = &pods.portal;
        let deaf = pods.pod_without("NATS_URL", "nats").await;
        let without_cache = pods.pod_without("REDIS_URL", "redis").await;
        let usual = portal.another_pod().await;
        let token = portal.token(&pods.ada);
        let others = portal.token(&pods.ben);
        let all = [
            ("usual", &usual),
            ("deaf", &deaf),
            ("without cache", &without_cache),
        ];
        for (name, pod) in all {
            assert_eq!(pods.get(pod, &token, PROBLEMS).await.status, 200, "{name}");
            assert_eq!(
                pods.get(pod, &token, CONDITIONS).await.status,
                200,
                "{name}"
            );
        }
        portal.revoke_subject(&pods.ada).await;
        refused_soon("the first", async || {
            portal.get(Some(&token), PROBLEMS).await
        })
        .await;
        for (name, pod) in all {
            refused_soon(name, async || pods.get(pod, &token, PROBLEMS).await).await;
            assert_eq!(
                pods.get(pod, &token, CONDITIONS).await.verdict(),
                REVOKED,
                "{name}"
            );
            assert_eq!(
                pods.get(pod, &others, PROBLEMS).await.status,
                200,
                "{name}: nobody else"
            );
        }
        let fresh = portal.another_pod().await;
        assert_eq!(
            pods.get(&fresh, &token, PROBLEMS).await.verdict(),
            REVOKED,
            "just started"
        );
        portal.clock.advance(SignedDuration::from_secs(2));
        let later = portal.token(&pods.ada);
        assert_eq!(
            pods.get(&usual, &later, PROBLEMS).await.status,
            200,
            "a later login works"
        );
    })
    .await;
}

#[tokio::test]
async fn a_revoked_session_ends_its_own_tokens() {
    long_scene(Duration::from_mins(1), async {
        let pods = pods(TestOptions::default()).await;
        let portal = &pods.portal;
        let pod = portal.another_pod().await;
        let of = |person: &Person, sid: &str| portal.token_with(person, &json!({"sid": sid}));
        let (ended, kept) = (of(&pods.ada, "s-1"), of(&pods.ada, "s-2"));
        assert_eq!(pods.get(&pod, &ended, PROBLEMS).await.status, 200);
        portal.revoke_session(&pods.ada, "s-1").await;
        refused_soon("the session", async || {
            pods.get(&pod, &ended, PROBLEMS).await
        })
        .await;
        assert_eq!(
            pods.get(&pod, &kept, PROBLEMS).await.status,
            200,
            "another session"
        );
    })
    .await;
}

#[tokio::test]
async fn a_revocation_of_one_tenant_leaves_the_other() {
    long_scene(Duration::from_mins(1), async {
        let pods = pods(TestOptions::default()).await;
        let portal = &pods.portal;
        let twin = Person {
            tenant: portal.tenant("elsewhere", true).await,
            ..pods.ada.clone()
        };
        portal.admit(&twin).await;
        let token = portal.token(&pods.ada);
        portal.revoke_subject(&pods.ada).await;
        refused_soon("the tenant", async || {
            portal.get(Some(&token), PROBLEMS).await
        })
        .await;
        assert_eq!(portal.get_as(&twin, PROBLEMS).await.status, 200);
    })
    .await;
}

#[tokio::test]
async fn g8_an_apps_token_that_its_provider_revoked_is_refused_within_five_seconds() {
    long_scene(Duration::from_mins(1), async {
        let pods = pods(TestOptions::default()).await;
        let portal = &pods.portal;
        let pod = portal.another_pod().await;
        let (ended, kept) = (pods.app(), pods.app());
        for token in [&ended, &kept] {
            assert_eq!(pods.get(&pod, token, CONDITIONS).await.status, 200);
            assert_eq!(portal.get(Some(token), CONDITIONS).await.status, 200);
        }
        portal.sandbox.revoke_token(&ended);
        refused_soon("here", async || portal.get(Some(&ended), CONDITIONS).await).await;
        refused_soon("there", async || pods.get(&pod, &ended, CONDITIONS).await).await;
        assert_eq!(pods.get(&pod, &kept, CONDITIONS).await.status, 200);
        portal.sandbox.revoke_client(&pods.ada.subject, "smart-app");
        refused_soon("the app", async || pods.get(&pod, &kept, CONDITIONS).await).await;
        assert_eq!(
            pods.own(&pod, PROBLEMS).await.status,
            200,
            "the portal's own goes on"
        );
    })
    .await;
}

/// Every change of facts acts on the next answer of a pod that remembers the old ones.
async fn changes_act_at_once(pods: &Pods, pod: &Pod, name: &str) {
    let (portal, ada, ben) = (&pods.portal, &pods.ada, &pods.ben);
    let remember = async || {
        assert_eq!(pods.proxy(pod).await.status, 200, "{name}");
        assert_eq!(pods.own(pod, PROBLEMS).await.status, 200, "{name}");
        assert_eq!(pods.own(pod, LABS).await.ids().len(), 1, "{name}");
    };
    let invalid = "403 PROXY_DELEGATION_INVALID";

    remember().await;
    portal.set_status(ada, "suspended").await;
    let suspended = pods.own(pod, PROBLEMS).await;
    assert_eq!(suspended.verdict(), "403 ACCOUNT_NOT_ACTIVE", "{name}");
    assert_eq!(
        pods.proxy(pod).await.verdict(),
        invalid,
        "{name}: the grantor is suspended"
    );
    portal.set_status(ada, "active").await;

    remember().await;
    portal.set_status(ben, "suspended").await;
    let suspended = pods.proxy(pod).await;
    assert_eq!(
        suspended.verdict(),
        "403 ACCOUNT_NOT_ACTIVE",
        "{name}: the proxy is suspended"
    );
    portal.set_status(ben, "active").await;

    remember().await;
    portal.delegate(ada, ben, &json!({"scope": ["labs"]})).await;
    assert_eq!(
        pods.proxy(pod).await.verdict(),
        "403 PROXY_SCOPE_DENIED",
        "{name}: narrowed"
    );
    portal
        .delegate(ada, ben, &json!({"validTo": "2020-12-31"}))
        .await;
    assert_eq!(pods.proxy(pod).await.verdict(), invalid, "{name}: ended");
    portal.delegate(ada, ben, &json!({})).await;

    remember().await;
    let withhold = json!({"releasePolicy": {"default": "withhold"}});
    portal.configure(&ada.tenant, &withhold).await;
    assert!(
        pods.own(pod, LABS).await.ids().is_empty(),
        "{name}: withheld"
    );
    assert!(pods.proxy(pod).await.ids().is_empty(), "{name}: withheld");
    portal
        .configure(&ada.tenant, &json!({"releasePolicy": null}))
        .await;
    remember().await;
}

#[tokio::test]
async fn changes_act_on_the_next_answer_of_another_pod() {
    scene(async {
        let pods = pods(TestOptions::default()).await;
        let pod = pods.portal.another_pod().await;
        changes_act_at_once(&pods, &pod, "usual").await;
        let late = pods.portal.another_pod().await;
        changes_act_at_once(&pods, &late, "just started").await;
    })
    .await;
}

#[tokio::test]
async fn changes_act_at_once_though_redis_is_dead() {
    scene(async {
        let pods = pods(TestOptions::default()).await;
        let pod = pods.pod_without("REDIS_URL", "redis").await;
        changes_act_at_once(&pods, &pod, "without Redis").await;
    })
    .await;
}

#[tokio::test]
async fn changes_act_at_once_though_nats_is_dead() {
    scene(async {
        let pods = pods(TestOptions::default()).await;
        let pod = pods.pod_without("NATS_URL", "nats").await;
        changes_act_at_once(&pods, &pod, "without NATS").await;
    })
    .await;
}

#[tokio::test]
async fn a_revoked_delegation_and_a_passed_day_act_on_every_pod() {
    scene(async {
        let pods = pods(TestOptions::default()).await;
        let portal = &pods.portal;
        let one = portal.another_pod().await;
        let other = pods.pod_without("NATS_URL", "nats").await;
        let last = portal.day(1);
        portal
            .delegate(&pods.ada, &pods.ben, &json!({"validTo": last}))
            .await;
        portal.stand_at_end_of(last);
        for pod in [&one, &other] {
            assert_eq!(pods.proxy(pod).await.status, 200);
        }
        portal.stand_at_begin_of(last.tomorrow().expect("a day"));
        for pod in [&one, &other] {
            assert_eq!(
                pods.proxy(pod).await.verdict(),
                "403 PROXY_DELEGATION_INVALID"
            );
        }
        portal.delegate(&pods.ada, &pods.ben, &json!({})).await;
        for pod in [&one, &other] {
            assert_eq!(
                pods.proxy(pod).await.status,
                200,
                "K30: no refusal outlives its reason"
            );
        }
        portal.end_delegation(&pods.ada, &pods.ben).await;
        for pod in [&one, &other] {
            assert_eq!(
                pods.proxy(pod).await.verdict(),
                "403 PROXY_DELEGATION_INVALID"
            );
        }
    })
    .await;
}

#[tokio::test]
async fn k30_no_refusal_outlives_its_reason_on_any_pod() {
    scene(async {
        let pods = pods(TestOptions::default()).await;
        let portal = &pods.portal;
        let pod = portal.another_pod().await;
        let cem = portal.person("cem").await;
        let token = portal.token(&cem);
        let me = async || -> Value { pods.get(&pod, &token, "/v1/portal/me").await.json() };
        assert_eq!(me().await["mayActFor"], json!([]));
        let delegation = portal
            .delegate(&pods.ada, &cem, &json!({"scope": ["labs"]}))
            .await;
        let headers = [("X-Acting-For", delegation.as_str())];
        let ask = async || {
            portal
                .get_at(&pod, &token, PROBLEMS, &headers)
                .await
                .verdict()
        };
        assert_eq!(ask().await, "403 PROXY_SCOPE_DENIED", "known at once");
        portal.delegate(&pods.ada, &cem, &json!({})).await;
        assert_eq!(ask().await, "200", "wider at once");
    })
    .await;
}

#[tokio::test]
async fn while_the_provider_cannot_be_asked_apps_wait_and_the_portals_own_go_on() {
    scene(async {
        let pods = pods(TestOptions::default()).await;
        let portal = &pods.portal;
        assert_eq!(portal.get(Some(&pods.app()), CONDITIONS).await.status, 200);
        portal.sandbox.set_introspection_fault(IssuerFault::Down);
        let refused = portal.get(Some(&pods.app()), CONDITIONS).await;
        assert_eq!(refused.verdict(), UNAVAILABLE);
        assert!(!refused.header("retry-after").is_empty());
        for path in [CONDITIONS, PROBLEMS] {
            assert_eq!(portal.get_as(&pods.ada, path).await.status, 200, "{path}");
        }
        let own = portal.get(Some(&pods.app()), PROBLEMS).await;
        assert_eq!(
            own.verdict(),
            "403 CLIENT_NOT_ALLOWED",
            "refused for what it is"
        );
        portal.sandbox.clear_faults();
        assert_eq!(portal.get(Some(&pods.app()), CONDITIONS).await.status, 200);
    })
    .await;
}

#[tokio::test]
async fn a_tenant_may_have_every_token_confirmed() {
    scene(async {
        let pods = pods(TestOptions::default()).await;
        let portal = &pods.portal;
        let (token, ended) = (portal.token(&pods.ada), portal.token(&pods.ada));
        portal.sandbox.revoke_token(&ended);
        assert_eq!(
            portal.get(Some(&ended), PROBLEMS).await.status,
            200,
            "nobody asked"
        );
        portal
            .configure(&pods.ada.tenant, &json!({"introspectTokens": true}))
            .await;
        assert_eq!(
            portal.get(Some(&ended), PROBLEMS).await.verdict(),
            REVOKED,
            "on the next answer"
        );
        assert_eq!(portal.get(Some(&token), PROBLEMS).await.status, 200);
        portal.sandbox.set_introspection_fault(IssuerFault::Down);
        let unconfirmed = portal.get_as(&pods.ada, PROBLEMS).await;
        assert_eq!(unconfirmed.verdict(), UNAVAILABLE);
    })
    .await;
}

#[tokio::test]
async fn apps_need_a_list_of_revocations_that_is_fresh() {
    long_scene(Duration::from_secs(90), async {
        // Blocking is felt by everybody in the database.
        let options = TestOptions {
            own_database: true,
            ..TestOptions::default()
        };
        let pods = pods(options).await;
        let portal = &pods.portal;
        let app = async || portal.get(Some(&pods.app()), CONDITIONS).await.verdict();
        assert_eq!(app().await, "200");
        portal.block("revocations").await;
        let blocked = Instant::now();
        loop {
            let late = blocked.elapsed() > SOON + Duration::from_secs(2);
            let verdict = app().await;
            if verdict == UNAVAILABLE {
                break;
            }
            assert!(verdict == "200" && !late, "{verdict} {late}");
            sleep(Duration::from_millis(100)).await;
        }
        for path in [PROBLEMS, CONDITIONS, "/v1/portal/me"] {
            assert_eq!(portal.get_as(&pods.ada, path).await.status, 200, "{path}");
        }
        portal.unblock_journal().await;
        while app().await != "200" {
            sleep(Duration::from_millis(100)).await;
        }
    })
    .await;
}
