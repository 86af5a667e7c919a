//! Two pods of one installation, and what a load balancer knows of them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use portal_tests::{Answer, PortalProcess, Running, Servers, free_port};
use tokio::sync::Mutex;
use tokio::time::sleep;

const LOOK_EVERY: Duration = Duration::from_millis(50);
/// How long a load balancer takes to hear that a pod has gone. Less than `DRAIN_DELAY`.
pub(super) const NEWS_TAKES: Duration = Duration::from_millis(300);

/// One pod.
pub(super) struct Pod {
    pub(super) address: String,
    settings: BTreeMap<String, String>,
    running: Mutex<Option<Running>>,
    /// Whether the load balancer sends requests to it.
    serving: AtomicBool,
}

/// Both, and their surroundings.
pub(super) struct Pods {
    pub(super) portal: PortalProcess,
    pub(super) pods: [Pod; 2],
}

impl Pods {
    pub(super) async fn start(servers: Servers) -> Self {
        let mut portal = PortalProcess::install("chaos", servers).await;
        portal.set("DRAIN_DELAY", "1");
        let pods = [(); 2].map(|()| Pod::of(&portal.settings));
        let pods = Self { portal, pods };
        for pod in &pods.pods {
            pods.begin(pod).await;
        }
        pods
    }

    /// Starts a pod that does not run, and lets requests through to it once it is ready.
    pub(super) async fn begin(&self, pod: &Pod) {
        let running = self.portal.spawn_with(&["serve"], &pod.settings);
        *pod.running.lock().await = Some(running);
        while !self.is_ready(pod).await {
            sleep(LOOK_EVERY).await;
        }
        pod.serve(true);
    }

    async fn is_ready(&self, pod: &Pod) -> bool {
        let answer = self.ask(pod, None, "/health/ready").await;
        answer.is_ok_and(|answer| answer.status == 200)
    }

    /// Asks a pod, which may be gone.
    pub(super) async fn ask(
        &self,
        pod: &Pod,
        token: Option<&str>,
        path: &str,
    ) -> reqwest::Result<Answer> {
        let request = self.portal.request_at(&pod.address, token, path);
        self.portal.send(request).await
    }

    /// Everything that was answered is in the journal, and everything there on the bus, once.
    pub(super) async fn assert_recorded_and_published(&self, answered: &BTreeSet<String>) {
        let recorded: BTreeSet<_> = self.portal.recorded_successes().await.into_iter().collect();
        let unrecorded = answered.difference(&recorded).count();
        assert_eq!(unrecorded, 0, "answered without an event");
        let published = self.portal.published_once(Duration::from_mins(1)).await;
        println!(
            "{} answers, {} events, each published once",
            answered.len(),
            published.len()
        );
    }
}

impl Pod {
    fn of(settings: &BTreeMap<String, String>) -> Self {
        let mut settings = settings.clone();
        let address = free_address();
        settings.insert("HTTP_ADDR".to_owned(), address.clone());
        for name in ["INTERNAL_ADDR", "ADMIN_ADDR"] {
            settings.insert(name.to_owned(), free_address());
        }
        Self {
            address: format!("http://{address}"),
            settings,
            running: Mutex::default(),
            serving: AtomicBool::new(false),
        }
    }

    pub(super) fn serves(&self) -> bool {
        self.serving.load(Ordering::Relaxed)
    }

    fn serve(&self, serves: bool) {
        self.serving.store(serves, Ordering::Relaxed);
    }

    /// Ends it as the kernel does for want of memory; the balancer hears of it later.
    pub(super) async fn kill(&self) {
        if let Some(mut running) = self.running.lock().await.take() {
            running.kill();
        }
        sleep(NEWS_TAKES).await;
        self.serve(false);
    }

    /// Stops its time for a while.
    pub(super) async fn pause(&self, lasts: Duration) {
        let running = self.running.lock().await;
        if let Some(running) = running.as_ref() {
            running.signal("STOP");
            sleep(lasts).await;
            running.signal("CONT");
        }
    }

    /// Ends it as a rolling restart does.
    pub(super) async fn terminate(&self) {
        let Some(running) = self.running.lock().await.take() else {
            return;
        };
        running.signal("TERM");
        sleep(NEWS_TAKES).await;
        self.serve(false);
        let outcome = running.end(Duration::from_secs(40)).await;
        assert!(outcome.status.success(), "{}", outcome.stderr);
    }
}

fn free_address() -> String {
    format!("127.0.0.1:{}", free_port())
}
