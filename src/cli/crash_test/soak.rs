//! A long load without a kill: whether the server's memory and its open files stay where they were once it has warmed up.

use std::fs;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::admin::Problem;

/// What was seen of a process, a sample after the other.
#[derive(Debug, Default)]
pub(super) struct Soak {
    /// Its own memory in KiB, without what is mapped of files, and open files.
    samples: Vec<(u64, u64)>,
}

impl Soak {
    /// Watches a process for a while.
    pub(super) async fn watch(
        pid: u32,
        time: Duration,
        mut each: impl FnMut(u64, u64),
    ) -> Result<Self, Problem> {
        let mut soak = Self::default();
        let until = Instant::now() + time;
        let every = (time / SAMPLES).max(Duration::from_millis(100));
        while Instant::now() < until {
            tokio::time::sleep(every).await;
            let sample = sample(pid)
                .ok_or_else(|| Problem::new("the server's process cannot be looked at in /proc"))?;
            each(sample.0, sample.1);
            soak.samples.push(sample);
        }
        Ok(soak)
    }

    /// What grew; the first third is for warming up.
    pub(super) fn judge(&self) -> Result<(), Problem> {
        let [_, middle, last] = self.thirds();
        if last.0 > middle.0 * GROWTH_MAX {
            return Err(Problem::new(format_args!(
                "the server's memory grew from {:.0} to {:.0} KiB between the middle third and the last",
                middle.0, last.0
            )));
        }
        if last.1 > middle.1 + FILES_MORE {
            return Err(Problem::new(format_args!(
                "the server's open files grew from {:.0} to {:.0} between the middle third and the last",
                middle.1, last.1
            )));
        }
        Ok(())
    }

    /// For the report: the means of each third.
    pub(super) fn report(&self) -> Value {
        let thirds = self.thirds();
        json!({
            "samples": self.samples.len(),
            "resident_kib": thirds.map(|third| third.0.round()),
            "open_files": thirds.map(|third| (third.1 * 10.0).round() / 10.0),
        })
    }

    #[expect(clippy::cast_precision_loss, reason = "no machine has so much memory")]
    fn thirds(&self) -> [(f64, f64); 3] {
        let third = self.samples.len() / 3;
        [0, 1, 2].map(|number| {
            let from = number * third;
            let until = if number == 2 { self.samples.len() } else { from + third };
            let samples = &self.samples[from..until];
            let mean = |of: fn(&(u64, u64)) -> u64| {
                samples.iter().map(of).sum::<u64>() as f64 / samples.len().max(1) as f64
            };
            (mean(|sample| sample.0), mean(|sample| sample.1))
        })
    }
}

fn sample(pid: u32) -> Option<(u64, u64)> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let resident = status.lines().find_map(|line| line.strip_prefix("RssAnon:"))?;
    let resident = resident.split_whitespace().next()?.parse().ok()?;
    Some((resident, fs::read_dir(format!("/proc/{pid}/fd")).ok()?.count() as u64))
}

/// The last third's mean by the middle's.
const GROWTH_MAX: f64 = 1.1;
/// A file that is opened now and then, as a checkpoint's.
const FILES_MORE: f64 = 2.0;
const SAMPLES: u32 = 600;

#[cfg(test)]
mod tests {
    use super::*;

    fn soak(samples: impl Iterator<Item = (u64, u64)>) -> Soak {
        Soak { samples: samples.collect() }
    }

    #[test]
    fn what_warms_up_is_good_and_what_grows_is_not() {
        assert!(soak((0..30).map(|n| (1000 + 100 * n.min(10), 20))).judge().is_ok());
        assert!(soak((0..30).map(|n| (1000 + 100 * n, 20))).judge().is_err());
        assert!(soak((0..30).map(|n| (1000, 20 + n))).judge().is_err());
    }
}
