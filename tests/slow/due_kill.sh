#!/usr/bin/env bash
# due_kill.sh PROGRAM: a sandbox of 1,000 domains is advanced by 45 days, once undisturbed and once killed with kill -9 whenever a
# commit is seen, until all is done. Both end with the same rows.
set -euo pipefail
program=$1
work=$(mktemp -d)
trap 'jobs -p | xargs -r kill -9 2>/dev/null; rm -rf "$work"' EXIT
python3 "$(dirname "$0")/due_kill.py" "$program" "$work"
