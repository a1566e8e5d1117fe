#!/usr/bin/env bash
# mutants.sh [NAME…]: wrong servers, each of which the tests must catch. All of them, or those named.
#
# Each is one change to the committed source, made in a clone under target/mutants and tested there. A mutant that compiles and passes
# ends the run: a rule has lost its test. A change that no longer applies ends it too, so that the list keeps up with the code.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
readonly WORK=$PWD/target/mutants
readonly TREE=$WORK/tree
survived=()

main() {
    rm -rf "$TREE"
    mkdir -p "$WORK"
    git clone --quiet . "$TREE"
    export CARGO_TARGET_DIR=$WORK/build

    #      NAME                 FILE                              WHAT IS REPLACED (Perl)       BY
    mutant avail-always-1       src/registry/domain/check.rs      'Some\(Unavailable::InUse\)' 'None' "$@"
    mutant no-client-trid       src/gateway/epp/response.rs       'leaf\("clTRID", client_trid, &mut out\)' 'drop(client_trid)' "$@"
    mutant ack-keeps-message    src/registry/poll.rs              '!t\.tx\.remove_message\(&registrar\.id, self\.message\)\?' \
        '!t.tx.oldest_message(&registrar.id)?.is_some_and(|message| message.number == self.message)' "$@"
    mutant renew-adds-nothing   src/registry/domain/renew.rs      'let expires_at = (expiry_after\([^;]*;)' '$1 let expires_at = domain.expires_at;' "$@"
    mutant auth-info-survives   src/registry/domain/transfer.rs   'let after = Domain \{ auth_info, \.\.after \};' \
        'let after = Domain { auth_info: auth_info.or(domain.auth_info.clone()), ..after };' "$@"
    mutant strangers-may-update src/registry/transaction.rs       'if self\.is_privileged\(\) \|\| self\.is\(sponsor\)' \
        'if self.is_privileged() || self.is(sponsor) || true' "$@"

    if ((${#survived[@]})); then
        echo "not caught: ${survived[*]}" >&2
        exit 1
    fi
}

# mutant NAME FILE FROM TO [NAME…]: applies it, tests, and takes it back.
mutant() {
    local name=$1 file=$2 from=$3 to=$4 log=$WORK/$1.log
    shift 4
    if (($#)) && [[ " $* " != *" $name "* ]]; then
        return 0
    fi
    FROM=$from TO=$to perl -0pi -e 'my $n = s/$ENV{FROM}/my ($by, $first) = ($ENV{TO}, $1); $by =~ s<\x241><$first>; $by/e; END { exit !$n }' "$TREE/$file" || {
        echo "$name: nothing to change in $file" >&2
        exit 1
    }
    # The transcripts catch most, and soonest.
    if (cd "$TREE" && cargo test --locked --test it -- transcript && cargo test --locked --no-fail-fast --lib --test it) \
        >"$log" 2>&1; then
        survived+=("$name")
        echo "-- $name: NOT CAUGHT"
    elif grep -q '^test result: FAILED' "$log"; then
        echo "-- $name: caught by $(sed -n 's/^test \(.*\) \.\.\. FAILED$/\1/p' "$log" | sort | paste -sd' ' | cut -c1-300)"
    else
        tail -30 "$log" >&2
        echo "$name: does not build" >&2
        exit 1
    fi
    git -C "$TREE" checkout --quiet -- "$file"
}

main "$@"
