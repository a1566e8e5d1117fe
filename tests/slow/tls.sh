#!/usr/bin/env bash
# tls.sh PROGRAM: what a scanner says of the TLS of every listener (RFC 9325): versions 1.2 and 1.3 and no other, forward secrecy and
# AEAD only, no compression, no renegotiation that a client may ask for. EPP, HTTPS and XCP, on a sandbox of their own.
# Ends with status 77 without sslscan (Debian: sslscan).
set -euo pipefail
program=$(realpath "$1")
command -v sslscan >/dev/null || exit 77
work=$(mktemp -d)
server=
finish() {
    [[ -n $server ]] && kill -TERM "$server" 2>/dev/null && wait "$server" || true
    rm -rf "$work"
}
trap finish EXIT
port=$((20000 + RANDOM % 10000))
"$program" sandbox --dir "$work/sandbox" --port-base "$port" >"$work/log" 2>&1 &
server=$!
for ((waited = 0; waited < 600; waited++)); do
    [[ -f $work/sandbox/sandbox.json ]] && break
    kill -0 "$server" || { cat "$work/log"; exit 1; }
    sleep 0.1
done
python3 - "$work/sandbox" <<'END'
import json, pathlib, subprocess, sys
import xml.etree.ElementTree as tree
sandbox = pathlib.Path(sys.argv[1])
described = json.loads((sandbox / "sandbox.json").read_text())

# Every address that the description tells of and that speaks TLS.
doors = {}
def collect(name, value):
    if isinstance(value, dict):
        if isinstance(value.get("port"), int) and value.get("tls", True):
            doors[name] = value["port"]
        for key, inner in value.items():
            collect(f"{name}.{key}".lstrip("."), inner)
    elif isinstance(value, str) and value.startswith("https://"):
        doors.setdefault(name, int(value.split("://")[1].split("/")[0].rsplit(":", 1)[1]))
collect("", described)
ports = {}
for name, port in doors.items():
    ports.setdefault(port, name)
kinds = {name.split(".")[0].split("_")[0] for name in ports.values()}
assert len(ports) >= 3, doors
client = described["registrars"][0]
faults = []
for port, name in sorted(ports.items()):
    said = subprocess.run(["sslscan", "--xml=-", "--no-colour", "--show-certificate", f"--certs={sandbox / client['cert']}", f"--pk={sandbox / client['key']}",
                           f"127.0.0.1:{port}"], capture_output=True, text=True, timeout=300).stdout
    test = tree.fromstring(said[said.index("<?xml"):]).find("ssltest")
    if test is None:
        faults.append(f"{name}: sslscan said nothing")
        continue
    versions = {(p.get("type"), p.get("version")) for p in test.findall("protocol") if p.get("enabled") == "1"}
    if versions != {("tls", "1.2"), ("tls", "1.3")}:
        faults.append(f"{name}: versions {sorted(versions)}")
    compression = test.find("compression")
    if compression is not None and compression.get("supported") != "0":
        faults.append(f"{name}: compression")
    renegotiation = test.find("renegotiation")
    # `secure` is the extension of RFC 5746, which is well; `supported` is that a client may ask for it.
    if renegotiation is not None and renegotiation.get("supported") == "1" and renegotiation.get("secure") != "1":
        faults.append(f"{name}: insecure renegotiation")
    if any(h.get("vulnerable") == "1" for h in test.findall("heartbleed")):
        faults.append(f"{name}: heartbleed")
    ciphers = [c.get("cipher") for c in test.findall("cipher")]
    weak = [c for c in ciphers if not (c.startswith("TLS_") or (c.startswith("ECDHE-") and ("GCM" in c or "CHACHA20" in c)))]
    if weak or not ciphers:
        faults.append(f"{name}: ciphers {weak or 'none'}")
    weak = [g.get("name") for g in test.findall("group") if int(g.get("bits", "0")) < 112]
    if weak:
        faults.append(f"{name}: groups {weak}")
    print(f"   {name} (port {port}): TLS 1.2 and 1.3, {len(ciphers)} suites")
if faults:
    sys.exit("\n".join(faults))
END
# A client that asks for another handshake in the middle of a connection is not given one.
port=$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["epp"]["ietf"]["port"])' "$work/sandbox/sandbox.json")
cert=$(python3 -c 'import json, sys; r = json.load(open(sys.argv[1]))["registrars"][0]; print(r["cert"], r["key"])' "$work/sandbox/sandbox.json")
read -r cert key <<<"$cert"
if command -v openssl >/dev/null; then
    said=$({ sleep 1; echo R; sleep 2; } | timeout 20 openssl s_client -tls1_2 -connect "127.0.0.1:$port" -cert "$work/sandbox/$cert" -key "$work/sandbox/$key" 2>&1 | tr -d '\0' || true)
    # A second handshake would have our certificate judged again.
    grep -q 'depth=0' <<<"${said%RENEGOTIATING*}" && grep -q RENEGOTIATING <<<"$said" && ! grep -q 'depth=' <<<"${said##*RENEGOTIATING}" || {
        echo "a client may renegotiate" >&2
        exit 1
    }
    echo "   renegotiation is refused"
fi
