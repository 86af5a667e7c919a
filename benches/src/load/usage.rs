//! CPU time and memory of processes, as Linux counts them (proc(5)).

use std::fs;
use std::time::Duration;

use crate::Outcome;

/// `USER_HZ`: the unit of times in `/proc/PID/stat`, 100 a second on every
/// architecture that Rust's standard library supports on Linux.
const TICKS_PER_SECOND: u64 = 100;

/// What a line of `/proc/PID/stat` says.
#[derive(Debug, PartialEq, Eq)]
struct Stat {
    parent: u32,
    own_ticks: u64,
    /// Of children that have ended and were waited for.
    children_ticks: u64,
}

/// CPU time, user and system, of a process with all its threads.
pub(crate) fn cpu(process: u32) -> Outcome<Duration> {
    let stat = stat(process).ok_or("a measured process has gone (or there is no /proc)")?;
    Ok(duration(stat.own_ticks))
}

/// CPU time of a process, its children and those of them that have ended.
pub(crate) fn cpu_with_children(process: u32) -> Outcome<Duration> {
    let own = stat(process).ok_or("a measured process has gone (or there is no /proc)")?;
    let mut ticks = own.own_ticks + own.children_ticks;
    for entry in fs::read_dir("/proc")?.flatten() {
        let id = entry
            .file_name()
            .to_str()
            .and_then(|name| name.parse().ok());
        // A process may end between the listing and the reading.
        let child = id.and_then(stat).filter(|child| child.parent == process);
        ticks += child.map_or(0, |child| child.own_ticks);
    }
    Ok(duration(ticks))
}

/// Resident memory in KiB.
pub(crate) fn resident_kib(process: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .and_then(|rest| rest.trim().strip_suffix("kB")?.trim().parse().ok())
}

fn duration(ticks: u64) -> Duration {
    Duration::from_millis(ticks * (1_000 / TICKS_PER_SECOND))
}

fn stat(process: u32) -> Option<Stat> {
    parse_stat(&fs::read_to_string(format!("/proc/{process}/stat")).ok()?)
}

fn parse_stat(line: &str) -> Option<Stat> {
    // The second field is the program's name in brackets and may hold anything.
    let (_, fields) = line.rsplit_once(") ")?;
    let fields: Vec<&str> = fields.split_ascii_whitespace().collect();
    let number = |place: usize| fields.get(place)?.parse::<u64>().ok();
    Some(Stat {
        parent: fields.get(1)?.parse().ok()?,
        own_ticks: number(11)? + number(12)?,
        children_ticks: number(13)? + number(14)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_brackets_does_not_shift_the_fields() {
        let line = "7 (a) b (c) S 3 7 7 0 -1 4194304 1 2 3 4 50 6 70 8 20 0 1 0 9 9 9";
        let expected = Stat {
            parent: 3,
            own_ticks: 56,
            children_ticks: 78,
        };
        assert_eq!(parse_stat(line), Some(expected));
        assert_eq!(parse_stat("7 (a"), None);
    }

    #[test]
    fn work_is_counted() {
        if !std::path::Path::new("/proc/self/stat").exists() {
            eprintln!("skipped: there is no /proc here");
            return;
        }
        let own = std::process::id();
        let before = cpu(own).unwrap();
        let start = std::time::Instant::now();
        let mut number = 1_u64;
        while start.elapsed() < Duration::from_millis(300) {
            number = std::hint::black_box(number.wrapping_mul(3));
        }
        assert!(cpu(own).unwrap() > before);
        assert!(resident_kib(own).unwrap() > 100);
    }
}
