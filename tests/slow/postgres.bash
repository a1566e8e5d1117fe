# Sourced by what needs PostgreSQL servers of its own: throw-away clusters on loopback ports, under $work, ended by pg_ctl or by id.
# Ends with status 77 when there is no PostgreSQL to start.
bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -1)
[[ -n $bin && -x $bin/initdb ]] || exit 77
work=$(mktemp -d)
chmod 755 "$work"
mkdir "$work/postgres"
[[ $EUID == 0 ]] && chown nobody "$work/postgres"

# PostgreSQL does not run as root.
as_user() { if [[ $EUID == 0 ]]; then (cd "$work/postgres" && setpriv --reuid=nobody --regid=nogroup --clear-groups -- "$@"); else "$@"; fi; }

# A port that is free a moment ago.
free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

# start NAME PORT [OPTION…]: starts the cluster NAME, with options as postgres takes them.
start() {
    local name=$1 port=$2
    shift 2
    as_user "$bin/pg_ctl" -D "$work/postgres/$name" -s -w -t 60 -l "$work/postgres/$name.log" \
        -o "-p $port -k '$work/postgres' -c listen_addresses=127.0.0.1 -c max_connections=200 $*" start </dev/null >/dev/null
}

# sql PORT STATEMENT…: each in a transaction of its own.
sql() {
    local port=$1 statement
    shift
    for statement in "$@"; do
        psql --quiet --no-psqlrc --tuples-only --no-align -h "$work/postgres" -p "$port" -U domesday postgres -c "$statement"
    done
}

stop_all() {
    local data
    for data in "$work"/postgres/*/; do
        # One that was killed has left its file behind, and cannot be stopped any more.
        [[ ! -f $data/postmaster.pid ]] || as_user "$bin/pg_ctl" -D "$data" -s -m immediate stop >/dev/null 2>&1 || true
    done
    rm -rf "$work"
}
trap stop_all EXIT
