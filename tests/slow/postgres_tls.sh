#!/usr/bin/env bash
# postgres_tls.sh PROGRAM: TLS to a real PostgreSQL that takes nothing else, with certificates of a CA of our own; and the refusals.
set -euo pipefail
program=$(realpath "$1")
source "$(dirname "${BASH_SOURCE[0]}")/postgres.bash"
command -v openssl >/dev/null || { echo "no openssl to make certificates with" >&2; exit 77; }

authority() { openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj "/CN=$1" -keyout "$work/$1.key" -out "$work/$1.pem" 2>/dev/null; }
authority ours
authority others
openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=localhost" -keyout "$work/server.key" -out "$work/server.csr" 2>/dev/null
printf 'subjectAltName=DNS:localhost\nbasicConstraints=CA:FALSE\nextendedKeyUsage=serverAuth\n' >"$work/extensions"
openssl x509 -req -in "$work/server.csr" -CA "$work/ours.pem" -CAkey "$work/ours.key" -CAcreateserial -days 2 -sha384 \
    -extfile "$work/extensions" -out "$work/server.pem" 2>/dev/null
mkdir "$work/tls"
cp "$work/server.pem" "$work/server.key" "$work/tls"
chmod 700 "$work/tls"
chmod 600 "$work/tls/server.key"
[[ $EUID == 0 ]] && chown -R nobody "$work/tls"
chmod 755 "$work/postgres"

port=$(free_port)
as_user "$bin/initdb" -D "$work/postgres/tls" -U domesday -A trust -E UTF8 --no-sync >/dev/null
# Over TCP: TLS only, and a password, whose proof is bound to the server's certificate.
as_user sh -c "printf 'local all all trust\nhostssl all all 127.0.0.1/32 scram-sha-256\nhostssl all all ::1/128 scram-sha-256\n' >'$work/postgres/tls/pg_hba.conf'"
start tls "$port" "-c ssl=on -c ssl_cert_file='$work/tls/server.pem' -c ssl_key_file='$work/tls/server.key' -c ssl_min_protocol_version=TLSv1.2"
sql "$port" "ALTER ROLE domesday PASSWORD 'geheim'" "CREATE DATABASE registry ENCODING 'UTF8' TEMPLATE template0"

"$program" init "$work/registry" >/dev/null
# open HOST QUERY: what the program says when it opens the database there.
open() {
    sed -i "s|^url = .*|url = \"postgres://domesday:geheim@$1:$port/registry?${2//&/\\&}\"|" "$work/registry/config.toml"
    timeout 60 "$program" tld list --dir "$work/registry" 2>&1
}
taken() {
    local said
    said=$(open "$1" "$2") || { echo "$1 $2 is refused: $said" >&2; exit 1; }
    echo "   $1 $2: taken"
}
# refused HOST QUERY WORDS: one sentence with these words, and no password in it.
refused() {
    local said
    if said=$(open "$1" "$2"); then
        echo "$1 $2 is taken" >&2
        exit 1
    fi
    echo "   $1 $2: $said"
    [[ $(wc -l <<<"$said") == 1 ]] && grep -q "$3" <<<"$said" && ! grep -q geheim <<<"$said" || { echo "it should say: $3" >&2; exit 1; }
}

echo "-- a server that takes TLS only"
taken localhost "sslmode=verify-full&sslrootcert=$work/ours.pem"
taken localhost "sslmode=verify-full&sslrootcert=$work/ours.pem&channel_binding=require"
taken 127.0.0.1 "sslmode=verify-ca&sslrootcert=$work/ours.pem"
taken 127.0.0.1 "sslmode=require&sslrootcert=$work/ours.pem"
taken 127.0.0.1 "sslmode=require&channel_binding=require"
refused 127.0.0.1 "sslmode=verify-full&sslrootcert=$work/ours.pem" "for another name"
refused localhost "sslmode=verify-full&sslrootcert=$work/others.pem" "none of the authorities"
refused localhost "sslmode=require&sslrootcert=$work/others.pem" "none of the authorities"
refused localhost "sslmode=verify-full" "sslrootcert=FILE"
refused localhost "sslmode=prefer" "sslmode is disable"
refused localhost "sslmode=disable" "no encryption"

echo "-- a server of TLS 1.2"
as_user "$bin/pg_ctl" -D "$work/postgres/tls" -s -w -m fast stop
start tls "$port" "-c ssl=on -c ssl_cert_file='$work/tls/server.pem' -c ssl_key_file='$work/tls/server.key' -c ssl_max_protocol_version=TLSv1.2"
taken localhost "sslmode=verify-full&sslrootcert=$work/ours.pem"

echo "-- a server without TLS"
as_user "$bin/pg_ctl" -D "$work/postgres/tls" -s -w -m fast stop
as_user sh -c "printf 'local all all trust\nhost all all 127.0.0.1/32 scram-sha-256\n' >'$work/postgres/tls/pg_hba.conf'"
start tls "$port" "-c ssl=off"
refused 127.0.0.1 "sslmode=require" "speaks no TLS"
refused 127.0.0.1 "sslmode=verify-full&sslrootcert=$work/ours.pem" "speaks no TLS"
taken 127.0.0.1 "sslmode=disable"
