//! PostgreSQL, Redis and NATS: those of the run, or copies of a test's own.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::Command;

use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;
use url::Url;

use super::folder::{root, unique};
use super::signal;
use crate::environment::required;

const DATABASES: [&str; 5] = [
    "DATABASE_SUPERUSER_URL",
    "DATABASE_OWNER_URL",
    "DATABASE_URL",
    "DATABASE_JOURNAL_URL",
    "DATABASE_WORKER_URL",
];

/// Servers with an empty database. Copies of a test's own can be killed, paused and started again
/// by their names `postgres`, `redis` and `nats`, and end with this value.
pub struct Servers {
    own: Option<PathBuf>,
    urls: BTreeMap<String, String>,
}

impl Servers {
    /// Copies of one's own, quick ones: what PostgreSQL commits may be lost with the machine.
    pub async fn start(name: &str) -> Self {
        Self::start_with(name, &[]).await
    }

    /// Copies of one's own; PostgreSQL's commits are on the disk.
    pub async fn start_durable(name: &str) -> Self {
        Self::start_with(name, &["--durable"]).await
    }

    /// Copies of one's own; what PostgreSQL stores, but for its log, is on a disk of a size such as
    /// `128m`.
    pub async fn start_on_disk(name: &str, size: &str) -> Self {
        Self::start_with(name, &["--disk", size]).await
    }

    async fn start_with(name: &str, options: &[&str]) -> Self {
        let folder = unique(name);
        let pid = std::process::id().to_string();
        let path = folder.to_string_lossy().into_owned();
        let mut arguments = vec!["start".to_owned(), path];
        arguments.extend(options.iter().map(ToString::to_string));
        arguments.extend(["--for".to_owned(), pid]);
        // Made before the start, so that a start that fails half-way is cleared away as well.
        let mut servers = Self {
            own: Some(folder.clone()),
            urls: BTreeMap::new(),
        };
        run(arguments).await;
        let text = std::fs::read_to_string(folder.join("env")).expect("a start writes addresses");
        servers.urls = text
            .lines()
            .filter_map(|line| line.split_once('='))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        servers
    }

    /// The servers that the run's tests share, with a database of one's own.
    pub async fn of_the_run() -> Self {
        let name = format!("it_{}", ulid::Ulid::new()).to_lowercase();
        let admin = connect(&required("DATABASE_SUPERUSER_URL")).await;
        // The name is letters, digits and a line: nothing in it needs quoting.
        sqlx::query(sqlx::AssertSqlSafe(format!(
            "CREATE DATABASE {name} OWNER portal_owner"
        )))
        .execute(&admin)
        .await
        .expect("the superuser makes databases");
        admin.close().await;
        let of_database = |setting: &&str| {
            let mut url = Url::parse(&required(setting)).expect("a URL");
            url.set_path(&name);
            ((*setting).to_owned(), url.to_string())
        };
        let mut urls: BTreeMap<_, _> = DATABASES.iter().map(of_database).collect();
        for name in ["REDIS_URL", "NATS_URL"] {
            urls.insert(name.to_owned(), required(name));
        }
        Self { own: None, urls }
    }

    /// An address by the name of its setting.
    pub fn url(&self, name: &str) -> &str {
        self.urls
            .get(name)
            .unwrap_or_else(|| panic!("there is no {name}"))
    }

    /// The settings of the program that name these servers.
    pub(super) fn settings(&self) -> BTreeMap<String, String> {
        let mut settings = self.urls.clone();
        // The program refuses to know the first; the second is none of its settings.
        settings.remove("DATABASE_SUPERUSER_URL");
        settings.remove("SERVERS_DIR");
        settings
    }

    /// The database, with nothing hidden.
    pub async fn database(&self) -> PgPool {
        connect(self.url("DATABASE_SUPERUSER_URL")).await
    }

    /// Ends a server at once, with nothing written back.
    pub fn kill(&self, server: &str) {
        // With all its processes: PostgreSQL's go on for a moment without their parent.
        signal::send("KILL", &signal::tree(self.pid(server)));
    }

    /// Stops a server's time: it keeps its connections and answers nothing.
    pub fn pause(&self, server: &str) {
        // Its parent first, so that it starts no others meanwhile.
        let pid = self.pid(server);
        signal::send("STOP", &[pid]);
        signal::send("STOP", &signal::tree(pid));
    }

    /// Lets a paused server go on.
    pub fn resume(&self, server: &str) {
        signal::send("CONT", &signal::tree(self.pid(server)));
    }

    /// Kills a server, if it still lives, and starts it at the same address with what it had
    /// stored.
    pub async fn restart(&self, server: &str) {
        let folder = self.folder().to_string_lossy().into_owned();
        run(vec!["restart".to_owned(), folder, server.to_owned()]).await;
    }

    /// Leaves no room on PostgreSQL's small disk.
    pub fn fill_disk(&self) {
        let mut file = self.ballast();
        for size in [1 << 20, 4 << 10, 1] {
            while file.write_all(&vec![0; size]).is_ok() {}
        }
    }

    /// Gives it back.
    pub fn free_disk(&self) {
        self.ballast().set_len(0).expect("the disk is there");
    }

    /// A file on PostgreSQL's disk, which is mounted for that process alone.
    fn ballast(&self) -> File {
        let home = std::fs::read_to_string(self.folder().join("postgres.home"));
        let home = home.expect("the server was started here");
        let root = format!("/proc/{}/root", self.pid("postgres"));
        let path = format!("{root}{}/data/ballast", home.trim());
        let file = File::options().append(true).open(path);
        file.expect("the disk is there")
    }

    fn pid(&self, server: &str) -> u32 {
        let file = self.folder().join(format!("{server}.pid"));
        let text = std::fs::read_to_string(file).expect("the server was started here");
        text.lines()
            .next()
            .and_then(|pid| pid.parse().ok())
            .expect("the first line is a number")
    }

    fn folder(&self) -> &PathBuf {
        self.own
            .as_ref()
            .expect("the run's servers serve other tests as well")
    }
}

impl Drop for Servers {
    fn drop(&mut self) {
        let Some(folder) = self.own.take() else {
            return;
        };
        // A paused process hears no request to end.
        for server in ["postgres", "redis", "nats"] {
            let Ok(text) = std::fs::read_to_string(folder.join(format!("{server}.pid"))) else {
                continue;
            };
            if let Some(pid) = text.lines().next().and_then(|pid| pid.parse().ok()) {
                signal::send("CONT", &signal::tree(pid));
            }
        }
        let _ = Command::new(root().join("dev/servers"))
            .arg("stop")
            .arg(&folder)
            .status();
    }
}

/// Runs `dev/servers`; starting and stopping take seconds, which other tasks can use.
async fn run(arguments: Vec<String>) {
    let output = tokio::task::spawn_blocking(move || {
        Command::new(root().join("dev/servers"))
            .args(arguments)
            .output()
    })
    .await
    .expect("the task ends")
    .expect("dev/servers runs");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

async fn connect(url: &str) -> PgPool {
    PgPoolOptions::new()
        .max_connections(2)
        .connect(url)
        .await
        .expect("the superuser may log in")
}
