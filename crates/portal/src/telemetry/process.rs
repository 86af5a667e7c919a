//! What the kernel says about this process (Prometheus client library guidelines, process metrics).
//! Elsewhere than on Linux there is nothing to say.

use std::fs;

use metrics::{describe_gauge, gauge};

/// The kernel's clock tick for user space, 100 a second on every Linux.
const TICKS: f64 = 100.0;
const MEMORY: &str = "process_resident_memory_bytes";
const CPU: &str = "process_cpu_seconds_total";
const DESCRIPTORS: &str = "process_open_fds";
const LIMIT: &str = "process_max_fds";
const THREADS: &str = "process_threads";
const START: &str = "process_start_time_seconds";

pub(super) fn describe() {
    describe_gauge!(MEMORY, "Resident memory, in bytes.");
    // A counter of this library holds whole numbers only.
    describe_gauge!(CPU, "User and system CPU time, in seconds.");
    describe_gauge!(DESCRIPTORS, "Open file descriptors.");
    describe_gauge!(LIMIT, "The most file descriptors that may be open.");
    describe_gauge!(THREADS, "Threads.");
    describe_gauge!(START, "Start of the process, in seconds since 1970.");
}

/// Sets the gauges to the present state.
pub(super) fn observe() {
    let read = |path| fs::read_to_string(path).unwrap_or_default();
    if let Some(status) = Status::parse(&read("/proc/self/stat")) {
        gauge!(CPU).set(status.cpu_seconds);
        gauge!(THREADS).set(status.threads);
        if let Some(boot) = boot_time(&read("/proc/stat")) {
            gauge!(START).set(boot + status.started_after_boot);
        }
    }
    if let Some(bytes) = resident_bytes(&read("/proc/self/status")) {
        gauge!(MEMORY).set(bytes);
    }
    if let Some(limit) = descriptor_limit(&read("/proc/self/limits")) {
        gauge!(LIMIT).set(limit);
    }
    if let Ok(folder) = fs::read_dir("/proc/self/fd") {
        // The folder itself is open while it is read.
        let open = u32::try_from(folder.count().saturating_sub(1)).unwrap_or(u32::MAX);
        gauge!(DESCRIPTORS).set(open);
    }
}

/// Of proc(5) `/proc/pid/stat`.
struct Status {
    cpu_seconds: f64,
    threads: f64,
    started_after_boot: f64,
}

impl Status {
    fn parse(stat: &str) -> Option<Self> {
        // The name before the last parenthesis may hold anything; field 3 comes after it.
        let (_, fields) = stat.rsplit_once(')')?;
        let fields: Vec<&str> = fields.split_ascii_whitespace().collect();
        let field = |number: usize| fields.get(number - 3)?.parse::<f64>().ok();
        Some(Self {
            cpu_seconds: (field(14)? + field(15)?) / TICKS,
            threads: field(20)?,
            started_after_boot: field(22)? / TICKS,
        })
    }
}

fn boot_time(stat: &str) -> Option<f64> {
    stat.lines()
        .find_map(|line| line.strip_prefix("btime "))?
        .trim()
        .parse()
        .ok()
}

fn resident_bytes(status: &str) -> Option<f64> {
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: f64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024.0)
}

fn descriptor_limit(limits: &str) -> Option<f64> {
    let line = limits
        .lines()
        .find_map(|line| line.strip_prefix("Max open files"))?;
    line.split_ascii_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_parentheses_does_not_shift_the_fields() {
        let stat = "7 (a) b (c)) S 1 1 1 0 -1 4194304 1 0 0 0 250 50 0 0 20 0 9 0 1200 1 1";
        let status = Status::parse(stat).unwrap();
        assert!((status.cpu_seconds - 3.0).abs() < 1e-9);
        assert!((status.threads - 9.0).abs() < 1e-9);
        assert!((status.started_after_boot - 12.0).abs() < 1e-9);
    }

    #[test]
    fn memory_limits_and_boot_time_are_read() {
        assert_eq!(
            resident_bytes("Name:\tx\nVmRSS:\t    2048 kB\n"),
            Some(2_097_152.0)
        );
        assert_eq!(
            descriptor_limit("Max open files            1024    4096   files\n"),
            Some(1024.0)
        );
        assert_eq!(boot_time("cpu 1\nbtime 1700000000\n"), Some(1.7e9));
        assert_eq!(resident_bytes(""), None);
    }
}
