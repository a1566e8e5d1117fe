//! Latencies in a bounded space: 64 steps to each power of two, so that a percentile is off by less than 2 %.

use std::time::Duration;

/// Counted latencies.
#[derive(Clone, Debug)]
pub(super) struct Histogram {
    counts: Vec<u64>,
    total: u64,
}

impl Histogram {
    pub(super) fn new() -> Self {
        Self { counts: vec![0; STEPS * RANGES], total: 0 }
    }

    /// Counts one.
    pub(super) fn add(&mut self, latency: Duration) {
        let nanoseconds = u64::try_from(latency.as_nanos()).unwrap_or(u64::MAX);
        if let Some(count) = self.counts.get_mut(step_of(nanoseconds)) {
            *count += 1;
            self.total += 1;
        }
    }

    /// Adds another's.
    pub(super) fn merge(&mut self, other: &Self) {
        self.counts.iter_mut().zip(&other.counts).for_each(|(mine, theirs)| *mine += theirs);
        self.total += other.total;
    }

    /// How many were counted.
    pub(super) fn total(&self) -> u64 {
        self.total
    }

    /// The latency, in microseconds, that this part of all (0–1) does not exceed; 0 when none was counted.
    pub(super) fn percentile(&self, part: f64) -> f64 {
        let wanted = (self.total as f64 * part).ceil() as u64;
        let mut seen = 0;
        for (step, count) in self.counts.iter().enumerate() {
            seen += count;
            if seen >= wanted && *count > 0 {
                return end_of(step) as f64 / 1000.0;
            }
        }
        0.0
    }
}

fn step_of(value: u64) -> usize {
    let bits = 63_u32.saturating_sub(value.leading_zeros());
    let Some(range) = bits.checked_sub(STEP_BITS) else {
        return value as usize;
    };
    (range as usize + 1) * STEPS + (value >> range) as usize - STEPS
}

/// The greatest value of a step.
fn end_of(step: usize) -> u64 {
    let Some(range) = (step / STEPS).checked_sub(1) else {
        return step as u64;
    };
    (((step % STEPS + STEPS) as u64 + 1) << range) - 1
}

const STEP_BITS: u32 = 6;
const STEPS: usize = 1 << STEP_BITS;
const RANGES: usize = 64 - STEP_BITS as usize;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn percentiles_of_a_known_crowd() {
        let mut all = Histogram::new();
        (1..=1000).for_each(|micros| all.add(Duration::from_micros(micros)));
        for (part, micros) in [(0.5, 500.0), (0.99, 990.0), (0.999, 999.0), (1.0, 1000.0)] {
            let found = all.percentile(part);
            assert!((found / micros - 1.0_f64).abs() < 0.02, "{part}: {found}");
        }
        let mut twice = all.clone();
        twice.merge(&all);
        assert_eq!((twice.total(), twice.percentile(0.5)), (2000, all.percentile(0.5)));
    }

    #[test]
    fn nothing_counted_is_zero() {
        assert_eq!(Histogram::new().percentile(0.99), 0.0);
    }

    proptest! {
        #[test]
        fn a_step_holds_its_value_and_is_narrow(value in 0_u64..u64::MAX / 2) {
            let step = step_of(value);
            prop_assert!(step < STEPS * RANGES);
            let end = end_of(step);
            prop_assert!(end >= value && end - value <= value / 32);
            prop_assert!(step == 0 || end_of(step - 1) < value);
        }
    }
}
