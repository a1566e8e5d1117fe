#!/usr/bin/env bash
# kill.sh PROGRAM [STORE]: kill -9 under load. PROGRAM is the domesday to test, STORE what `crash-test --store` takes.
#
# With PostgreSQL, STORE is the URL of a server up to the database's name; each run makes a database of its own there.
set -euo pipefail
program=$1 store=${2:-sqlite}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

database() {
    if [[ $store == sqlite ]]; then
        echo sqlite
        return
    fi
    psql --quiet --no-psqlrc "${store}postgres" -c "DROP DATABASE IF EXISTS $1" -c "CREATE DATABASE $1 ENCODING 'UTF8' TEMPLATE template0" >&2
    echo "$store$1"
}

echo "-- $store: kill -9 in the middle of 10,000 creates and at their end"
"$program" crash-test --creates 10000 --kills 2 --pairs 16 --store "$(database crash_creates)" --dir "$work/creates" --json "$work/creates.json"
echo "-- $store: 100 kills under mixed load"
"$program" crash-test --kills 100 --within 1000 --store "$(database crash_mixed)" --dir "$work/mixed" --json "$work/mixed.json"
for report in "$work"/*.json; do
    grep -q '"lost": 0' "$report" && grep -q '"half_done": 0' "$report" || { cat "$report"; exit 1; }
done
