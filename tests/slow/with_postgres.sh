#!/usr/bin/env bash
# with_postgres.sh COMMAND...: runs COMMAND with the URL of a throw-away PostgreSQL, up to the database's name, as its last argument.
# POSTGRES_FSYNC=off: for tests that make many databases and kill no machine.
# Ends with status 77 when there is no PostgreSQL to start.
set -euo pipefail
bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -1)
[[ -n $bin && -x $bin/initdb ]] || exit 77
dir=$(mktemp -d)
chmod 755 "$dir"
# PostgreSQL does not run as root.
as_user() { if [[ $EUID == 0 ]]; then (cd "$dir" && setpriv --reuid=nobody --regid=nogroup --clear-groups -- "$@"); else "$@"; fi; }
[[ $EUID == 0 ]] && chown nobody "$dir"
finish() {
    as_user "$bin/pg_ctl" -D "$dir/data" -s -m immediate stop >/dev/null 2>&1 || true
    rm -rf "$dir"
}
trap finish EXIT
as_user "$bin/initdb" -D "$dir/data" -U domesday -A trust -E UTF8 --no-sync >/dev/null
as_user "$bin/pg_ctl" -D "$dir/data" -s -w -l "$dir/log" -o "-k '$dir' -c listen_addresses='' -c max_connections=300 -c fsync=${POSTGRES_FSYNC:-on}" start </dev/null >/dev/null
"$@" "postgres://domesday@${dir//\//%2F}/"
