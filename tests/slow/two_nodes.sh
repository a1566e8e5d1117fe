#!/usr/bin/env bash
# two_nodes.sh PROGRAM URL: two servers under load on one PostgreSQL, one killed with kill -9, whose clients go on at the other.
# NODE_KILLS=N (20). URL is a server's, up to the database's name (tests/slow/with_postgres.sh).
set -euo pipefail
program=$1 url=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
psql --quiet --no-psqlrc "${url}postgres" -c "DROP DATABASE IF EXISTS two_nodes" -c "CREATE DATABASE two_nodes ENCODING 'UTF8' TEMPLATE template0"
"$program" crash-test --nodes 2 --kills "${NODE_KILLS:-20}" --within 1000 --pairs 12 --store "${url}two_nodes" --dir "$work/registry" \
    --json "$work/report.json"
grep -q '"lost": 0' "$work/report.json" && grep -q '"half_done": 0' "$work/report.json"
