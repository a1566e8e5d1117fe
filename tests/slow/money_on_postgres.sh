#!/usr/bin/env bash
# money_on_postgres.sh URL: the registry's own tests of money, transfers and due work, on the PostgreSQL server of this URL.
set -euo pipefail
export DOMESDAY_TEST_ENGINE=postgres DOMESDAY_TEST_POSTGRES=${1}postgres
cargo test --locked --lib -- registry::billing registry::domain::transfer registry::domain::restore registry::lifecycle no_sequence_of_commands
