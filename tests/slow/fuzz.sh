#!/usr/bin/env bash
# fuzz.sh [TARGET…]: cargo-fuzz on every door, or on those named, FUZZ_SECONDS (600) each, as many at once as
# there are processors; ends with the first thing found.
#
# Beginnings are the frames of the transcripts and whatever earlier runs left in target/fuzz-corpus, which is cut down to what
# still matters before each run. What is found lies in target/fuzz-artifacts; it becomes a test when it is mended.
# cargo-fuzz asks for a nightly compiler; RUSTC_BOOTSTRAP=1 makes the stable one take its flags.
set -euo pipefail
# Each job is a group of its own, with cargo-fuzz and the target in it.
set -m
trap 'for job in $(jobs -p); do kill -- "-$job" 2>/dev/null || true; done' EXIT
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
readonly CARGO_FUZZ_VERSION=0.13.2
readonly TOOLS=$PWD/target/check-tools CORPUS=$PWD/target/fuzz-corpus FOUND=$PWD/target/fuzz-artifacts SEEDS=$PWD/target/fuzz-seeds
export RUSTC_BOOTSTRAP=1

if [[ $("$TOOLS/bin/cargo-fuzz" --version 2>/dev/null) != "cargo-fuzz $CARGO_FUZZ_VERSION" ]]; then
    cargo install --quiet --debug --locked --root "$TOOLS" --version "$CARGO_FUZZ_VERSION" cargo-fuzz || {
        echo "cargo-fuzz $CARGO_FUZZ_VERSION cannot be installed from crates.io" >&2
        exit 77
    }
fi
# No sanitizer: this package forbids unsafe code, and the targets run ten times as often without.
fuzz() { "$TOOLS/bin/cargo-fuzz" "$@"; }
build=(--sanitizer none --target-dir "$PWD/target/fuzz")
fuzz build "${build[@]}"

rm -rf "$SEEDS"
mkdir -p "$SEEDS/all" "$FOUND"
# With the compiler as everyone has it: another environment would build everything again.
TRANSCRIPT_FRAMES=$SEEDS/all env -u RUSTC_BOOTSTRAP cargo test --quiet --locked --test it transcripts_are_answered >/dev/null
# seeds TARGET: the frames that suit it.
seeds() {
    local file mine=$SEEDS/$1
    mkdir -p "$mine"
    case $1 in
        epp_*) find "$SEEDS/all" -name "${1#epp_}-*" -exec cp -t "$mine" {} + ;;
        xml) find "$SEEDS/all" -name 'eis-*' -exec cp -t "$mine" {} + ;;
        frame)
            # Bare for the lenient reader; with a header for both.
            # All of find's lines are read: a pipe closed early would end this script, now and then.
            find "$SEEDS/all" -name 'nominet-*' | sed -n '1,50p' | while read -r file; do
                { printf '\x03'; cat "$file"; } >"$mine/bare-${file##*/}"
                { printf '\x03'; perl -e 'print pack "N", 4 + -s $ARGV[0]' "$file"; cat "$file"; } >"$mine/${file##*/}"
            done
            ;;
        xcp)
            python3 - "$mine" <<'END'
import pathlib, sys
item = lambda key, value: f'<item key="{key}">{value}</item>'
for action, thing in [("send_authcode", "domain"), ("lookup", "domain"), ("get", "domain"), ("sw_register", "domain"), ("renew", "domain"),
                      ("modify", "domain"), ("get_balance", "balance"), ("get_price", "domain"), ("get_domains_by_expiredate", "domain"),
                      ("create", "nameserver"), ("advanced_update_nameservers", "domain"), ("name_suggest", "domain")]:
    attributes = "".join([item("domain_name", "example.info"), item("domain", "one.example"), item("type", "all_info"), item("period", "1"),
                          item("contact_set", "<dt_assoc>" + item("owner", "<dt_assoc>" + item("first_name", "A") + "</dt_assoc>") + "</dt_assoc>"),
                          item("nameserver_list", "<dt_array>" + item("0", "ns1.example.net") + "</dt_array>")])
    body = "".join([item("protocol", "XCP"), item("action", action), item("object", thing), item("attributes", f"<dt_assoc>{attributes}</dt_assoc>")])
    pathlib.Path(sys.argv[1], f"{action}-{thing}").write_text(
        "<?xml version='1.0' encoding='UTF-8' standalone='no'?>\n<!DOCTYPE OPS_envelope SYSTEM 'ops.dtd'>\n<OPS_envelope><header><version>0.9"
        f"</version></header><body><data_block><dt_assoc>{body}</dt_assoc></data_block></body></OPS_envelope>\n")
END
            ;;
        rest)
            python3 - "$mine" <<'END'
import pathlib, sys
for number, (line, body) in enumerate([
        ("GET /api/v1/whoami", ""), ("GET /api/v1/domains?limit=2", ""), ("GET /api/v1/domains/one.example", ""),
        ("POST /api/v1/domains", '{"name":"fuzz.example","period":{"years":1},"registrant":"sh8013","nameservers":[],"authInfo":"2fooBAR"}'),
        ("PATCH /api/v1/domains/one.example", '{"addStatuses":["clientHold"]}'), ("POST /api/v1/domains/one.example/renew", '{"years":1}'),
        ("POST /api/v1/contacts", '{"id":"c1","postal":[{"kind":"int","name":"A","city":"B","country":"GB"}],"email":"a@b.example"}'),
        ("POST /api/v1/hosts", '{"name":"ns1.example.net"}'), ("POST /api/v1/check", '{"names":["a.example"]}'), ("GET /api/v1/messages", ""),
        ("POST /api/v1/transfers", '{"name":"one.example","authInfo":"x"}'), ("DELETE /api/v1/domains/one.example", ""),
        ("POST /api/v1/batch", '{"requests":[{"id":"1","method":"GET","path":"/api/v1/whoami"}]}'), ("POST /login/adv", '{"UserLogin":"fuzz"}'),
        ("POST /login/adv", "<Request><UserLogin>fuzz</UserLogin></Request>"),
        ("POST /login/advAuth", '{"UserLogin":"fuzz","RndA":"00","RndB":"00"}')]):
    pathlib.Path(sys.argv[1], str(number)).write_text(f"{line}\n{body}")
END
            ;;
    esac
}

# one TARGET: cuts its corpus down, then goes on from there.
one() {
    local target=$1 corpus=$CORPUS/$1 merged=$CORPUS/$1.merged
    local -a limits=(-timeout=10 -rss_limit_mb=2048 -max_len=32768 -artifact_prefix="$FOUND/$1-")
    run() { fuzz run "${build[@]}" "$target" "$@" >"$FOUND/$target.log" 2>&1 || { tail -40 "$FOUND/$target.log"; echo "$target: see $FOUND" >&2; exit 1; }; }
    seeds "$target"
    # Only what reaches something that nothing smaller reaches is kept.
    rm -rf "$merged"
    mkdir -p "$corpus" "$merged"
    run "$merged" "$corpus" "$SEEDS/$target" -- -merge=1 "${limits[@]}"
    rm -rf "$corpus"
    mv "$merged" "$corpus"
    run "$corpus" -- -max_total_time="${FUZZ_SECONDS:-600}" -print_final_stats=1 "${limits[@]}"
    echo "-- $target: $(grep -E 'number_of_executed_units|peak_rss_mb' "$FOUND/$target.log" | tr -s '\n ' ' ')"
}

targets=("$@")
((${#targets[@]})) || mapfile -t targets < <(fuzz list)
running=0
for target in "${targets[@]}"; do
    if ((running == $(nproc))); then
        wait -n
        running=$((running - 1))
    fi
    one "$target" &
    running=$((running + 1))
done
while ((running)); do
    wait -n
    running=$((running - 1))
done
