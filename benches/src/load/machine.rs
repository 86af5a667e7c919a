//! The conditions of a run.

use std::fs;
use std::thread::available_parallelism;

use crate::program::first_line;
use crate::servers::Servers;

/// Name and value, in the order in which they are shown.
pub(crate) type Conditions = Vec<(&'static str, String)>;

/// What the machine and the programs on it are.
pub(crate) fn conditions(servers: &Servers) -> Conditions {
    let unknown = || "unknown".to_owned();
    let cores = available_parallelism().map_or(0, usize::from);
    let processor = field("/proc/cpuinfo", "model name").unwrap_or_else(unknown);
    let memory = field("/proc/meminfo", "MemTotal").unwrap_or_else(unknown);
    let system = kernel().unwrap_or_else(unknown);
    let tool = |name, arguments: &[&str]| first_line(name, arguments).unwrap_or_else(unknown);
    let setting = |statement| servers.ask(statement).unwrap_or_else(unknown);
    let durability = format!(
        "fsync {}, synchronous_commit {}",
        setting("SHOW fsync"),
        setting("SHOW synchronous_commit")
    );
    vec![
        (
            "Processor",
            format!("{processor}, {cores} cores, shared by client, service and servers"),
        ),
        ("Memory", memory),
        ("Others' work", load_average().unwrap_or_else(unknown)),
        ("System", system),
        ("Compiler", tool("rustc", &["--version"])),
        ("Commit", tool("git", &["rev-parse", "--short", "HEAD"])),
        (
            "PostgreSQL",
            format!("{}, {durability}", setting("SHOW server_version")),
        ),
        ("Redis", tool("redis-server", &["--version"])),
        ("NATS", tool("nats-server", &["--version"])),
        ("nginx", tool("nginx", &["-v"])),
    ]
}

/// The value of the first `name : value` line.
fn field(file: &str, name: &str) -> Option<String> {
    let text = fs::read_to_string(file).ok()?;
    text.lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(own, _)| own.trim() == name)
        .map(|(_, value)| value.trim().to_owned())
}

/// A run beside other work tells little.
fn load_average() -> Option<String> {
    let averages = fs::read_to_string("/proc/loadavg").ok()?;
    let of_a_minute = averages.split(' ').next()?;
    Some(format!("load average {of_a_minute} before the first row"))
}

fn kernel() -> Option<String> {
    let release = fs::read_to_string("/proc/sys/kernel/osrelease").ok()?;
    Some(format!("Linux {}", release.trim()))
}
