#!/usr/bin/env bash
# few_descriptors.sh PROGRAM: more connections than a server may have files open; it stays, and serves again when they are gone.
set -euo pipefail
program=$1
work=$(mktemp -d)
server=
finish() {
    [[ -n $server ]] && kill -TERM "$server" 2>/dev/null && wait "$server" || true
    rm -rf "$work"
}
trap finish EXIT
port=$((20000 + RANDOM % 10000))
(ulimit -n 48 && exec "$program" sandbox --dir "$work/sandbox" --port-base "$port") >"$work/log" 2>&1 &
server=$!
for ((waited = 0; waited < 600; waited++)); do
    [[ -f $work/sandbox/sandbox.json ]] && break
    kill -0 "$server" || { cat "$work/log"; exit 1; }
    sleep 0.1
done
opened=0
for ((n = 0; n < 100; n++)); do
    { exec {connection}<>"/dev/tcp/127.0.0.1/$port"; } 2>/dev/null || continue
    connections+=("$connection")
    opened=$((opened + 1))
done
sleep 1
kill -0 "$server" || { echo "the server is gone"; tail -5 "$work/log"; exit 1; }
echo "$opened connections, $(ls "/proc/$server/fd" | wc -l) files open of 48"
for connection in "${connections[@]}"; do exec {connection}>&-; done
for ((waited = 0; waited < 100; waited++)); do
    "$program" epp --dir "$work/sandbox" create contact alice --name Alice --email a@example.com --city London --cc GB >/dev/null 2>&1 && break
    sleep 0.2
done
"$program" epp --dir "$work/sandbox" create domain first.example --registrant alice >/dev/null
"$program" verify --dir "$work/sandbox"
