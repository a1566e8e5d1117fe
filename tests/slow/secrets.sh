#!/usr/bin/env bash
# secrets.sh PROGRAM: a sandbox that logs all it can (RUST_LOG=trace, libraries included) is driven through every door by the stories
# of tests/interop; then whatever it logged is searched for every secret that was used (what it announces on standard output, once, are
# the accounts of the sandbox). tests/it/secrets.rs does the same for the
# database and its backup.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
program=$(realpath "$1")
work=$(mktemp -d)
server=
finish() {
    [[ -n $server ]] && kill -TERM "$server" 2>/dev/null && wait "$server" || true
    rm -rf "$work"
}
trap finish EXIT
port=$((20000 + RANDOM % 10000))
RUST_LOG=trace "$program" sandbox --dir "$work/sandbox" --port-base "$port" >"$work/announced" 2>"$work/log" &
server=$!
for ((waited = 0; waited < 1200; waited++)); do
    [[ -f $work/sandbox/sandbox.json ]] && break
    kill -0 "$server" || { tail -5 "$work/log"; exit 1; }
    sleep 0.1
done
description=$work/sandbox/sandbox.json
python3 -B tests/interop/doc_examples.py "$description"
! perl -MNet::EPP::Simple -MJSON::PP -e 1 2>/dev/null || perl tests/interop/net_epp_story.pl "$description"
! perl -MNet::EPP::Simple -MJSON::PP -e 1 2>/dev/null || perl tests/interop/net_epp_nominet.pl "$description"
! perl -MNet::OpenSRS -MJSON::PP -e 1 2>/dev/null || perl tests/interop/net_opensrs_story.pl "$description"

python3 - "$work" <<'END'
import base64, hashlib, hmac, json, pathlib, re, ssl, sys, urllib.request
import socket, struct, time, urllib.error
work = pathlib.Path(sys.argv[1])
sandbox = work / "sandbox"
described = json.loads((sandbox / "sandbox.json").read_text())
secrets = {}

# Passwords, keys of API users and resellers; the server's key and the private keys, line by line.
for registrar in described["registrars"]:
    secrets[registrar["password"]] = f"the password of {registrar['id']}"
for user in described["api_users"]:
    secrets[user["api_key"]] = f"the key of {user['login']}"
for reseller in described["resellers"]:
    secrets[reseller["key"]] = f"the key of {reseller['username']}"
for file in [sandbox / "server.key", *sorted((sandbox / "pki").glob("*.key"))]:
    for line in file.read_text().splitlines():
        if len(line) >= 32 and not line.startswith(("-", "#")):
            secrets[line.strip()] = f"a line of {file.name}"
# XCP: a code that is mailed, and the signature under which it was ordered.
def order(action):
    item = lambda key, value: f'<item key="{key}">{value}</item>'
    inside = item("protocol", "XCP") + item("action", action) + item("object", "domain")
    inside += item("attributes", "<dt_assoc>" + item("domain_name", described["xcp_domain"]) + "</dt_assoc>")
    body = ("<?xml version='1.0' encoding='UTF-8' standalone='no'?>\n<!DOCTYPE OPS_envelope SYSTEM 'ops.dtd'>\n<OPS_envelope><header>"
            f"<version>0.9</version></header><body><data_block><dt_assoc>{inside}</dt_assoc></data_block></body></OPS_envelope>\n")
    reseller, md5 = described["resellers"][0], lambda text: hashlib.md5(text.encode()).hexdigest()
    head = {"Content-Type": "text/xml", "X-Username": reseller["username"], "X-Signature": md5(md5(body + reseller["key"]) + reseller["key"])}
    url = f"https://{described['xcp']['host']}:{described['xcp']['port']}/"
    trusting = ssl.create_default_context(cafile=sandbox / described["ca_cert"])
    trusting.check_hostname = False
    return urllib.request.urlopen(urllib.request.Request(url, body.encode(), head), context=trusting).read().decode()
answer = order("send_authcode")
assert '<item key="response_code">200</item>' in answer, answer
for _ in range(300):
    mails = list((sandbox / "mail").glob("*.eml"))
    if mails:
        break
    time.sleep(0.1)
assert mails, "no mail is sent"
for mail in (sandbox / "mail").glob("*.eml"):
    for code in re.findall(r"^    (\S{16,})$", mail.read_text(), re.M):
        secrets[code] = f"the code in {mail.name}"

# EPP: a wrong password, a new one, and authInfo of every kind.
context = ssl.create_default_context(cafile=sandbox / described["ca_cert"])
context.check_hostname = False
first = described["registrars"][0]
context.load_cert_chain(sandbox / first["cert"], sandbox / first["key"])
door = described["epp"]["ietf"]
stream = context.wrap_socket(socket.create_connection((door["host"], door["port"])))
def receive():
    def read(count):
        data = b""
        while len(data) < count:
            piece = stream.recv(count - len(data))
            assert piece, "the server hung up"
            data += piece
        return data
    return read(struct.unpack(">I", read(4))[0] - 4).decode()
def ask(command):
    frame = ('<epp xmlns="urn:ietf:params:xml:ns:epp-1.0" xmlns:domain="urn:ietf:params:xml:ns:domain-1.0" '
             'xmlns:contact="urn:ietf:params:xml:ns:contact-1.0"><command>' + command + "<clTRID>SECRET-1</clTRID></command></epp>").encode()
    stream.sendall(struct.pack(">I", len(frame) + 4) + frame)
    return receive()
receive()
def login(password, new=""):
    new = f"<newPW>{new}</newPW>" if new else ""
    return ask(f"<login><clID>{first['id']}</clID><pw>{password}</pw>{new}<options><version>1.0</version><lang>en</lang></options><svcs>"
               "<objURI>urn:ietf:params:xml:ns:domain-1.0</objURI><objURI>urn:ietf:params:xml:ns:contact-1.0</objURI></svcs></login>")
assert 'code="2200"' in login("wrong-PW-Zeta")
assert 'code="1000"' in login(first["password"], "new-PW-Eta9")
for text, what in [("wrong-PW-Zeta", "a wrong password"), ("new-PW-Eta9", "a new password"), ("contact-Alpha", "a contact's authInfo"),
                   ("guessed-Epsilon", "a wrong authInfo"), ("hashed-Beta-9", "a domain's authInfo")]:
    secrets[text] = what
ask('<create><contact:create><contact:id>secret1</contact:id><contact:postalInfo type="int"><contact:name>J</contact:name><contact:addr>'
    "<contact:city>D</contact:city><contact:cc>US</contact:cc></contact:addr></contact:postalInfo><contact:email>j@example.com</contact:email>"
    "<contact:authInfo><contact:pw>contact-Alpha</contact:pw></contact:authInfo></contact:create></create>")
ask("<create><domain:create><domain:name>secret1.example</domain:name><domain:registrant>secret1</domain:registrant><domain:authInfo>"
    "<domain:pw>hashed-Beta-9</domain:pw></domain:authInfo></domain:create></create>")
ask("<info><domain:info><domain:name>secret1.example</domain:name><domain:authInfo><domain:pw>guessed-Epsilon</domain:pw></domain:authInfo>"
    "</domain:info></info>")
stream.close()

# The token login: answers to challenges, and the token.
user = described["api_users"][0]
plain = ssl.create_default_context(cafile=sandbox / described["ca_cert"])
plain.check_hostname = False
def rest(method, path, body=None, **head):
    head = {name.replace("_", "-"): value for name, value in head.items()} | {"Content-Type": "application/json"}
    data = json.dumps(body).encode() if body is not None else None
    request = urllib.request.Request(described["http"]["base"] + path, data, head, method=method)
    try:
        return json.load(urllib.request.urlopen(request, context=plain))
    except urllib.error.HTTPError as refused:
        return json.load(refused)
challenge = rest("POST", "/login/adv", {"UserLogin": user["login"]})
message = bytes.fromhex(challenge["RndA"]) + bytes.fromhex(challenge["RndB"]) + user["login"].encode()
answer = hmac.new(user["api_key"].encode(), message, hashlib.sha256).hexdigest()
token = rest("POST", "/login/advAuth", {"UserLogin": user["login"], "RndA": answer[:32], "RndB": answer[32:]})["Token"]
rest("GET", "/api/v1/domains/secret1.example", Authorization="Bearer " + token, Auth_Info="guessed-Epsilon")
secrets |= {token: "a token", answer[:32]: "an answer to a challenge", answer[32:]: "an answer to a challenge"}

log = (work / "log").read_bytes().lower()
levels = {level: len(re.findall(rb"^\S+\s+" + level + rb" ", log, re.M)) for level in (b"trace", b"debug", b"info")}
assert levels[b"debug"] > 20 and b"secret-1" in log, f"the log is heard: {levels}"
found = []
for secret, what in secrets.items():
    for spelt in {secret, base64.b64encode(secret.encode()).decode().rstrip("="), secret.encode().hex()}:
        at = log.find(spelt.lower().encode())
        if at >= 0:
            line = log[log.rfind(b"\n", 0, at) + 1 : at].decode(errors="replace")
            found.append(f"{what} is logged after: {line[:160]}")
print(f"   {len(log)} bytes were logged, none of {len(secrets)} secrets is in them" if not found else "\n".join(found))
sys.exit(bool(found))
END
