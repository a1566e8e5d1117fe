//! What a gateway measures of each command, under names that all gateways share (doc/rest.md lists them).

use std::time::Duration;

use metrics::SharedString;

/// Counts a command and how long it took. `result` is the gateway's own code: 1000, 201, 415.
pub fn command(gateway: &'static str, command: impl Into<SharedString>, result: u16, took: Duration) {
    let command: SharedString = command.into();
    let labels: [(&str, SharedString); 3] =
        [("gateway", gateway.into()), ("command", command.clone()), ("result", result.to_string().into())];
    metrics::counter!("domesday_commands_total", &labels).increment(1);
    let labels: [(&str, SharedString); 2] = [("gateway", gateway.into()), ("command", command)];
    metrics::histogram!("domesday_command_seconds", &labels).record(took.as_secs_f64());
}
