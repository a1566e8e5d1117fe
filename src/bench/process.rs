//! What the system says of a process: memory, processor time by thread, bytes written. Linux's `/proc`; elsewhere nothing is
//! known, and the report shows zeros.

use std::fs;
use std::time::Duration;

/// Resident memory of a process, in bytes.
pub(super) fn resident_bytes(pid: u32) -> u64 {
    field(&format!("/proc/{pid}/status"), "VmRSS:") * 1024
}

/// Bytes that this process had the system write to a device.
pub(super) fn written_bytes() -> u64 {
    field("/proc/self/io", "write_bytes:")
}

/// Files and sockets that a process may have open.
pub(super) fn open_files_max() -> u64 {
    let limits = fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(1024)
}

/// The load average of the last minute.
pub(super) fn load_average() -> f64 {
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    load.split_whitespace().next().and_then(|load| load.parse().ok()).unwrap_or(0.0)
}

/// Processor time of a whole process.
pub(super) fn processor_time(pid: u32) -> Duration {
    time_in(&format!("/proc/{pid}/stat"))
}

/// Processor time of those threads of this process that serve: the server's runtime and the engine's own.
pub(super) fn serving_time() -> Duration {
    let Ok(tasks) = fs::read_dir("/proc/self/task") else {
        return Duration::ZERO;
    };
    let serves = |task: &str| {
        let name = fs::read_to_string(format!("{task}/comm")).unwrap_or_default();
        SERVING.iter().any(|prefix| name.starts_with(prefix))
    };
    let tasks = tasks.filter_map(|task| Some(task.ok()?.path().to_string_lossy().into_owned()));
    tasks.filter(|task| serves(task)).map(|task| time_in(&format!("{task}/stat"))).sum()
}

fn time_in(stat: &str) -> Duration {
    let stat = fs::read_to_string(stat).unwrap_or_default();
    // The name, in brackets, may hold anything; utime and stime are the 12th and 13th after it.
    let (_, fields) = stat.rsplit_once(')').unwrap_or_default();
    let ticks = fields.split_whitespace().skip(11).take(2).filter_map(|field| field.parse::<u64>().ok());
    Duration::from_millis(ticks.sum::<u64>() * MILLIS_PER_TICK)
}

fn field(file: &str, name: &str) -> u64 {
    let text = fs::read_to_string(file).unwrap_or_default();
    let value = text.lines().find_map(|line| line.strip_prefix(name));
    value.and_then(|value| value.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

/// The server's runtime; its threads are named by it.
pub(super) const SERVER_THREADS: &str = "bench-server";
const SERVING: [&str; 2] = [SERVER_THREADS, "store-"];
/// Linux shows 100 ticks a second to programs, whatever its own are.
const MILLIS_PER_TICK: u64 = 10;
