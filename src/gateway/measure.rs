//! What a gateway measures of each command, under names that all gateways share (doc/rest.md lists them).

use std::time::Duration;

/// Counts a command and how long it took. `result` is the gateway's own code: 1000, 201, 415.
pub fn command(gateway: &'static str, command: &'static str, result: u16, took: Duration) {
    let labels =
        [("gateway", gateway.to_owned()), ("command", command.to_owned()), ("result", result.to_string())];
    metrics::counter!("domesday_commands_total", &labels).increment(1);
    let labels = [("gateway", gateway), ("command", command)];
    metrics::histogram!("domesday_command_seconds", &labels).record(took.as_secs_f64());
}
