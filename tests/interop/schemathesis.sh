#!/usr/bin/env bash
# Holds the REST API against its own OpenAPI description: requests by the thousand that schemathesis makes up, good ones and bad
# ones, to the sandbox whose sandbox.json is given. SCHEMATHESIS names the program.
#
#     schemathesis.sh SANDBOX.json [EXAMPLES]
#
# A server may close an idle connection as a request is on its way, and a client then asks again (RFC 9112 §9.3.1): two retries.
# positive_data_acceptance is left out: whether a name may be registered is policy, which no schema can say.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
description=$(realpath "$1")
examples=${2:-5}

of() { python3 -c 'import json, sys; d = json.load(open(sys.argv[1])); print(eval(sys.argv[2], {"d": d}))' "$description" "$1"; }

BASE=$(of 'd["http"]["base"]')
CA=$(dirname "$description")/$(of 'd["ca_cert"]')
LOGIN=bob
API_KEY=$(of 'next(u["api_key"] for u in d["api_users"] if u["login"] == "bob")')
export BASE CA LOGIN API_KEY SCHEMATHESIS_HOOKS=$here/schemathesis_login.py
export REQUESTS_CA_BUNDLE=$CA PYTHONDONTWRITEBYTECODE=1

cd "$(mktemp -d)"
"${SCHEMATHESIS:-schemathesis}" run "$BASE/api/v1/openapi.json" \
    --tls-verify "$CA" --seed 1 --request-retries 2 --max-examples "$examples" --phases examples,coverage,fuzzing --no-color \
    --exclude-checks positive_data_acceptance
