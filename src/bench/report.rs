//! What a bench found: a table for people, JSON for programs.

use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use super::crowd::Seen;
use crate::admin::Problem;

/// Everything that one run measured.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// What it ran on and with; text or numbers.
    pub(super) circumstances: Map<String, Value>,
    scenarios: Vec<Scenario>,
    ceilings: Vec<(&'static str, f64, &'static str)>,
    ratios: Vec<(&'static str, f64)>,
    /// Why the rest was not measured.
    pub given_up: Option<Problem>,
}

#[derive(Clone, Debug)]
struct Scenario {
    name: String,
    clients: usize,
    per_second: f64,
    micros: [f64; 3],
    serving_micros: f64,
    unexpected: u64,
    written_bytes: Option<f64>,
}

impl Report {
    /// Adds a row; `written` is what the system wrote for each answer.
    pub(super) fn saw(&mut self, name: impl Into<String>, clients: usize, seen: &Seen, written: Option<f64>) {
        self.scenarios.push(Scenario {
            name: name.into(),
            clients,
            per_second: seen.rate(),
            micros: [0.5, 0.99, 0.999].map(|part| seen.latencies.percentile(part)),
            serving_micros: seen.serving_micros(),
            unexpected: seen.unexpected,
            written_bytes: written,
        });
    }

    /// Adds what the machine or the engine can do.
    pub(super) fn ceiling(&mut self, name: &'static str, value: f64, unit: &'static str) {
        self.ceilings.push((name, value, unit));
    }

    /// Adds a ratio.
    pub(super) fn ratio(&mut self, key: &'static str, value: f64) {
        self.ratios.push((key, value));
    }

    /// As JSON.
    pub fn to_json(&self) -> Value {
        let scenarios = self.scenarios.iter().map(|scenario| {
            let [p50, p99, p999] = scenario.micros;
            json!({
                "name": scenario.name,
                "clients": scenario.clients,
                "per_second": scenario.per_second,
                "p50_us": p50,
                "p99_us": p99,
                "p99_9_us": p999,
                "server_cpu_us": scenario.serving_micros,
                "unexpected_answers": scenario.unexpected,
                "written_bytes": scenario.written_bytes,
            })
        });
        let ceilings = self
            .ceilings
            .iter()
            .map(|(name, value, unit)| json!({"name": name, "value": value, "unit": unit}));
        let ratios = self.ratios.iter().map(|(key, value)| ((*key).to_owned(), json!(value)));
        let targets = self.ratios.iter().filter_map(|(key, value)| {
            let target = Target::of(key)?;
            Some(((*key).to_owned(), json!({"target": target.to_string(), "met": target.is_met(*value)})))
        });
        json!({
            "circumstances": self.circumstances,
            "scenarios": scenarios.collect::<Vec<_>>(),
            "ceilings": ceilings.collect::<Vec<_>>(),
            "ratios": ratios.collect::<Map<_, _>>(),
            "targets": targets.collect::<Map<_, _>>(),
            "given_up": self.given_up.as_ref().map(Problem::to_string),
        })
    }

    /// As a table.
    pub fn to_table(&self) -> String {
        let mut out = String::new();
        for (key, value) in &self.circumstances {
            let _ = writeln!(out, "{key:<28} {value}");
        }
        let _ = writeln!(
            out,
            "\n{:<34} {:>7} {:>10} {:>9} {:>9} {:>9} {:>8} {:>9} {:>10}",
            "scenario",
            "clients",
            "per second",
            "p50 us",
            "p99 us",
            "p99.9 us",
            "cpu us",
            "written B",
            "unexpected"
        );
        for scenario in &self.scenarios {
            let [p50, p99, p999] = scenario.micros;
            let written = scenario.written_bytes.map_or_else(String::new, |bytes| format!("{bytes:.0}"));
            let _ = writeln!(
                out,
                "{:<34} {:>7} {:>10.0} {p50:>9.0} {p99:>9.0} {p999:>9.0} {:>8.1} {written:>9} {:>10}",
                scenario.name,
                scenario.clients,
                scenario.per_second,
                scenario.serving_micros,
                scenario.unexpected
            );
        }
        out.push('\n');
        for (name, value, unit) in &self.ceilings {
            let _ = writeln!(out, "{name:<50} {value:>12.1} {unit}");
        }
        let _ = writeln!(out, "\n{:<28} {:>8}  {:<10}", "ratio", "value", "target");
        for (key, value) in &self.ratios {
            let judged = Target::of(key).map_or_else(String::new, |target| {
                format!("{:<10} {}", target.to_string(), if target.is_met(*value) { "met" } else { "missed" })
            });
            let _ = writeln!(out, "{key:<28} {value:>8.3}  {judged}");
        }
        out
    }
}

/// What a ratio is to be.
#[derive(Clone, Copy, Debug)]
enum Target {
    AtLeast(f64),
    AtMost(f64),
}

impl Target {
    fn of(key: &str) -> Option<Self> {
        TARGETS.iter().find(|(known, _)| *known == key).map(|(_, target)| *target)
    }

    fn is_met(self, value: f64) -> bool {
        match self {
            Self::AtLeast(bound) => value >= bound,
            Self::AtMost(bound) => value <= bound,
        }
    }
}

impl std::fmt::Display for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::AtLeast(bound) => write!(f, ">= {bound}"),
            Self::AtMost(bound) => write!(f, "<= {bound}"),
        }
    }
}

const TARGETS: [(&str, Target); 14] = [
    ("check1_echo", Target::AtLeast(0.60)),
    ("check5_echo", Target::AtLeast(0.45)),
    ("info_echo", Target::AtLeast(0.20)),
    ("create_batch64", Target::AtLeast(0.50)),
    ("create_per_fdatasync", Target::AtLeast(2.5)),
    ("create_p99_p50", Target::AtMost(3.0)),
    ("taken_create_check1", Target::AtLeast(0.8)),
    ("check_p99_under_writes", Target::AtMost(2.0)),
    ("idle_session_echo", Target::AtMost(1.3)),
    ("idle_core", Target::AtMost(0.01)),
    ("lookup_cost_growth", Target::AtMost(1.5)),
    ("handshakes_reconnects", Target::AtMost(4.0)),
    ("check_p99_wrong_passwords", Target::AtMost(2.0)),
    ("create_one_statement", Target::AtLeast(0.6)),
];
