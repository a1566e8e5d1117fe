//! A long load without a kill: whether the server's memory and its open files stay where they were once it has warmed up.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::admin::Problem;

/// What was seen of a process, a sample after the other.
#[derive(Debug, Default)]
pub(super) struct Soak {
    samples: Vec<Sample>,
}

/// What a process holds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sample {
    /// Its own memory in KiB: without what it has mapped of files, which the system takes back when it wants.
    pub(super) memory: u64,
    /// Open files.
    pub(super) files: u64,
    /// So much of its SQLite file in KiB as the writer may keep in memory; it grows with the file, and no further than this.
    cached: u64,
}

impl Soak {
    /// Watches a process for a while.
    pub(super) async fn watch(
        pid: u32,
        database: &Path,
        time: Duration,
        mut each: impl FnMut(Sample),
    ) -> Result<Self, Problem> {
        let mut soak = Self::default();
        let until = Instant::now() + time;
        let every = (time / SAMPLES).max(Duration::from_millis(100));
        while Instant::now() < until {
            tokio::time::sleep(every).await;
            let sample = Sample::of(pid, database)
                .ok_or_else(|| Problem::new("the server's process cannot be looked at in /proc"))?;
            each(sample);
            soak.samples.push(sample);
        }
        Ok(soak)
    }

    /// What grew; the first third is for warming up.
    pub(super) fn judge(&self) -> Result<(), Problem> {
        let [_, middle, last] = self.thirds();
        if last.memory > middle.memory * GROWTH_MAX + (last.cached - middle.cached).max(0.0) {
            return Err(Problem::new(format_args!(
                "the server's memory grew from {:.0} to {:.0} KiB between the middle third and the last",
                middle.memory, last.memory
            )));
        }
        if last.files > middle.files + FILES_MORE {
            return Err(Problem::new(format_args!(
                "the server's open files grew from {:.0} to {:.0} between the middle third and the last",
                middle.files, last.files
            )));
        }
        Ok(())
    }

    /// For the report: the means of each third.
    pub(super) fn report(&self) -> Value {
        let thirds = self.thirds();
        json!({
            "samples": self.samples.len(),
            "memory_kib": thirds.each_ref().map(|third| third.memory.round()),
            "of_which_cached_at_most_kib": thirds.each_ref().map(|third| third.cached.round()),
            "open_files": thirds.each_ref().map(|third| (third.files * 10.0).round() / 10.0),
        })
    }

    fn thirds(&self) -> [Means; 3] {
        let third = self.samples.len() / 3;
        [0, 1, 2].map(|number| {
            let from = number * third;
            let until = if number == 2 { self.samples.len() } else { from + third };
            Means::of(&self.samples[from..until])
        })
    }
}

/// The means of some samples.
struct Means {
    memory: f64,
    files: f64,
    cached: f64,
}

impl Means {
    #[expect(clippy::cast_precision_loss, reason = "no machine has so much memory")]
    fn of(samples: &[Sample]) -> Self {
        let mean =
            |of: fn(&Sample) -> u64| samples.iter().map(of).sum::<u64>() as f64 / samples.len().max(1) as f64;
        Self {
            memory: mean(|sample| sample.memory),
            files: mean(|sample| sample.files),
            cached: mean(|sample| sample.cached),
        }
    }
}

impl Sample {
    fn of(pid: u32, database: &Path) -> Option<Self> {
        let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
        let memory = status.lines().find_map(|line| line.strip_prefix("RssAnon:"))?;
        // On PostgreSQL there is no such file.
        let database = fs::metadata(database).map_or(0, |file| file.len() / 1024);
        Some(Self {
            memory: memory.split_whitespace().next()?.parse().ok()?,
            files: fs::read_dir(format!("/proc/{pid}/fd")).ok()?.count() as u64,
            cached: database.min(CACHE_KIB),
        })
    }
}

/// The last third's mean by the middle's.
const GROWTH_MAX: f64 = 1.1;
/// A file that is opened now and then, as a checkpoint's.
const FILES_MORE: f64 = 2.0;
const SAMPLES: u32 = 600;
/// The page cache of SQLite's writer (src/store/sqlite.rs).
const CACHE_KIB: u64 = 64 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    /// The outcome where memory, files and what may be cached are these, sample by sample.
    fn judged(sample: impl Fn(u64) -> (u64, u64, u64)) -> bool {
        let samples = (0..30).map(|n| {
            let (memory, files, cached) = sample(n);
            Sample { memory, files, cached }
        });
        Soak { samples: samples.collect() }.judge().is_ok()
    }

    #[test]
    fn what_warms_up_is_good_and_what_grows_is_not() {
        assert!(judged(|n| (1000 + 100 * n.min(10), 20, 0)));
        assert!(!judged(|n| (1000 + 100 * n, 20, 0)));
        assert!(judged(|n| (1000 + 100 * n, 20, 100 * n)), "the cache is filling");
        assert!(!judged(|n| (1000 + 100 * n, 20, 1000)), "it was full");
        assert!(!judged(|n| (1000, 20 + n, 0)));
    }
}
