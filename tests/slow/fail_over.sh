#!/usr/bin/env bash
# fail_over.sh PROGRAM: the database's server dies under load and its synchronous replica takes its place; no answered command is lost.
#
# FAIL_OVERS=N (2): the first with one node, every other with two. Then the same for a server that is stopped and started.
# SYNCHRONOUS=off shows what doc/scaling.md says of an asynchronous replica; it may end badly then.
set -euo pipefail
program=$(realpath "$1")
source "$(dirname "${BASH_SOURCE[0]}")/postgres.bash"

# A server, an empty database in it, and a replica without which no COMMIT is answered.
make_pair() {
    primary=$(free_port)
    as_user "$bin/initdb" -D "$work/postgres/first$1" -U domesday -A trust -E UTF8 --no-sync >/dev/null
    start "first$1" "$primary" "-c max_wal_senders=10"
    sql "$primary" "CREATE DATABASE crash ENCODING 'UTF8' TEMPLATE template0"
    as_user "$bin/pg_basebackup" -h "$work/postgres" -p "$primary" -U domesday -D "$work/postgres/second$1" -R -X stream --no-sync -c fast
    replica=$(free_port)
    start "second$1" "$replica" "-c hot_standby=on"
    if [[ ${SYNCHRONOUS:-on} == on ]]; then
        sql "$primary" "ALTER SYSTEM SET synchronous_standby_names = '*'" "SELECT pg_reload_conf()" >/dev/null
        for ((waited = 0; waited < 300; waited++)); do
            [[ $(sql "$primary" "SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'") == 1 ]] && return 0
            sleep 0.1
        done
        echo "the replica does not become synchronous" >&2
        exit 1
    fi
}

# What kills the first server, all of its processes at once as when its machine dies, and promotes the second.
take_over() {
    declare -f as_user >"$work/take_over.bash"
    cat >>"$work/take_over.bash" <<END
set -eu
work='$work'
postmaster=\$(head -1 "$work/postgres/first$1/postmaster.pid")
kill -9 \$postmaster \$(ps -o pid= --ppid \$postmaster)
as_user "$bin/pg_ctl" -D "$work/postgres/second$1" -s -w -t 60 promote
END
}

for ((round = 1; round <= ${FAIL_OVERS:-2}; round++)); do
    nodes=$((round == 1 ? 1 : 2))
    echo "-- the database's server is killed under load from $nodes node(s), its replica is promoted"
    make_pair "$round"
    take_over "$round"
    url="postgres://domesday@127.0.0.1:$primary,127.0.0.1:$replica/crash?target_session_attrs=read-write"
    "$program" crash-test --kills 1 --nodes "$nodes" --pairs 8 --store "$url" --dir "$work/registry$round" --json "$work/report.json" \
        --disturb "bash '$work/take_over.bash'"
    grep -q '"lost": 0' "$work/report.json" && grep -q '"half_done": 0' "$work/report.json"
    [[ $(sql "$replica" "SELECT pg_is_in_recovery()") == f ]]
    as_user "$bin/pg_ctl" -D "$work/postgres/second$round" -s -m immediate stop
done

for mode in fast immediate; do
    echo "-- the database's server is stopped ($mode) and started under load"
    port=$(free_port)
    as_user "$bin/initdb" -D "$work/postgres/$mode" -U domesday -A trust -E UTF8 --no-sync >/dev/null
    start "$mode" "$port"
    sql "$port" "CREATE DATABASE crash ENCODING 'UTF8' TEMPLATE template0"
    declare -f as_user start >"$work/restart.bash"
    cat >>"$work/restart.bash" <<END
set -eu
work='$work' bin='$bin'
as_user "$bin/pg_ctl" -D "$work/postgres/$mode" -s -w -t 60 -m $mode stop
sleep 2
start $mode $port
END
    "$program" crash-test --kills 2 --pairs 8 --store "postgres://domesday@127.0.0.1:$port/crash" --dir "$work/registry-$mode" \
        --disturb "bash '$work/restart.bash'"
    as_user "$bin/pg_ctl" -D "$work/postgres/$mode" -s -m immediate stop
done
