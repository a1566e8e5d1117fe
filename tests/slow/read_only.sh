#!/usr/bin/env bash
# read_only.sh PROGRAM: a file system that may not be written, as root: a sentence, no start, no harm.
set -euo pipefail
program=$1
disk=$(mktemp -d)
finish() {
    umount "$disk" 2>/dev/null || true
    rmdir "$disk" 2>/dev/null || true
}
trap finish EXIT
mount -t tmpfs -o size=12m tmpfs "$disk"
"$program" init "$disk/registry" >/dev/null
"$program" tld add example --dir "$disk/registry"
before=$(sha256sum <"$disk/registry/registry.db")
mount -o remount,ro "$disk"
for verb in serve "tld add other"; do
    if said=$("$program" $verb --dir "$disk/registry" 2>&1); then
        echo "$verb went well on a read-only file system" >&2
        exit 1
    fi
    echo "$verb: $said"
    grep -qi "read-only" <<<"$said" || { echo "it does not say why" >&2; exit 1; }
done
mount -o remount,rw "$disk"
[[ $(sha256sum <"$disk/registry/registry.db") == "$before" ]] || { echo "the database is another" >&2; exit 1; }
"$program" verify --dir "$disk/registry"
