#!/usr/bin/env bash
# on_postgres.sh URL: the registry's tests, the transcripts and the stories on PostgreSQL; `cargo test` has run them on SQLite.
# URL is a server's, up to the database's name, with a role that may create databases (tests/slow/with_postgres.sh).
set -euo pipefail
export DOMESDAY_TEST_ENGINE=postgres DOMESDAY_TEST_POSTGRES=$1
cargo test --locked --lib -- registry::
cargo test --locked --test it -- transcript rfc_frames instant_epp rest:: sessions eis nominet story nodes
