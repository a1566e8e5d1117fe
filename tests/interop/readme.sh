#!/usr/bin/env bash
# Runs README.md's own examples: "The first registration" against the sandbox whose sandbox.json is given, and "A registry of
# your own" in a directory that is thrown away. A line that fails, fails.
set -euo pipefail

description=$(realpath "$1")
root=$(cd "$(dirname "$0")/../.." && pwd)
scratch=$(mktemp -d)
server=
trap '[[ -z $server ]] || kill -TERM "$server"; rm -rf "$scratch"' EXIT

# The commands of the first sh block below a heading, but for the alias: the program is the debug build here.
commands_of() {
    awk -v heading="## $1" '$0 == heading {on = 1; next} /^## / {on = 0} on && /^```sh/ {code = 1; next} /^```/ {code = 0} on && code' \
        "$root/README.md" | grep -v '^alias '
}

domesday() { "$root/target/debug/domesday" "$@"; }

cd "$scratch"
ln -s "$(dirname "$description")" sandbox
count=0
while IFS= read -r command; do
    echo "README: $command"
    eval "$command" >"$scratch/output" || { cat "$scratch/output"; exit 1; }
    count=$((count + 1))
done < <(commands_of "The first registration" | sed "s/alice/readme$$/g; s/first\.example/first-$$.example/g")
[[ $count -ge 5 ]]
grep -q 'domain:create' "$scratch/output"

while IFS= read -r command; do
    echo "README: $command"
    case $command in
        # Its EPP port is the standard one, and it has no certificates yet: what it says is enough.
        *" serve "*) domesday check-config --config registry/config.toml >"$scratch/output" 2>&1 || true ;;
        *) DOMESDAY_PASSWORD=foo-BAR2 eval "$command" >"$scratch/output" || { cat "$scratch/output"; exit 1; } ;;
    esac
    cat "$scratch/output"
done < <(commands_of "A registry of your own")
echo "README: its examples work"
