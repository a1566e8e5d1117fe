#!/usr/bin/env bash
# full_disk.sh PROGRAM: a full disk under load, as root: commands get 2400, nothing answered is lost, and once there is room again
# the same server goes on.
set -euo pipefail
program=$1
disk=$(mktemp -d)
finish() {
    umount "$disk" 2>/dev/null || true
    rmdir "$disk" 2>/dev/null || true
}
trap finish EXIT
mount -t tmpfs -o size=12m tmpfs "$disk"
"$program" crash-test --disk-full --kills 5 --pairs 4 --dir "$disk/registry"
