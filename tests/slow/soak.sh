#!/usr/bin/env bash
# soak.sh PROGRAM [URL]: SOAK_MINUTES (30) of mixed load without a kill: memory and open files stay where they were after the first
# third, and all that was answered is there at the end. URL is a PostgreSQL server's, up to the database's name; without, SQLite.
set -euo pipefail
program=$1 store=sqlite
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
if [[ -n ${2:-} ]]; then
    psql --quiet --no-psqlrc "${2}postgres" -c "DROP DATABASE IF EXISTS soak" -c "CREATE DATABASE soak ENCODING 'UTF8' TEMPLATE template0"
    store=${2}soak
fi
"$program" crash-test --soak "${SOAK_MINUTES:-30}" --pairs 8 --store "$store" --dir "$work/registry" --json "$work/report.json"
sed -n '/"soak": {/,/}/p' "$work/report.json"
