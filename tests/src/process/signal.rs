//! Signals by the system's own `kill`.

use std::process::{Command, Stdio};

/// Sends a signal; a process that has gone hears nothing.
pub(super) fn send(signal: &str, pids: &[u32]) {
    if pids.is_empty() {
        return;
    }
    let _ = Command::new("kill")
        .arg(format!("-{signal}"))
        .args(pids.iter().map(u32::to_string))
        .stderr(Stdio::null())
        .status()
        .expect("kill runs");
}

/// A process and all that it started, parents first.
pub(super) fn tree(pid: u32) -> Vec<u32> {
    let mut found = vec![pid];
    let mut next = 0;
    while let Some(parent) = found.get(next) {
        let children = Command::new("pgrep")
            .args(["-P", &parent.to_string()])
            .output()
            .expect("pgrep runs");
        let children = String::from_utf8_lossy(&children.stdout).into_owned();
        found.extend(
            children
                .lines()
                .filter_map(|line| line.trim().parse::<u32>().ok()),
        );
        next += 1;
    }
    found
}
