"""Logs schemathesis in (SCHEMATHESIS_HOOKS names this file): a token is good for seconds, so it is fetched again and again."""

import hmac
import json
import os
import ssl
import urllib.request

import schemathesis

BASE, LOGIN, API_KEY = os.environ["BASE"], os.environ["LOGIN"], os.environ["API_KEY"]
TLS = ssl.create_default_context(cafile=os.environ["CA"])


def ask(path: str, body: dict) -> dict:
    request = urllib.request.Request(BASE + path, json.dumps(body).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, context=TLS) as answer:
        return json.load(answer)


@schemathesis.auth(refresh_interval=10)
class TokenLogin:
    def get(self, case, context):
        challenge = ask("/login/adv", {"UserLogin": LOGIN})
        message = bytes.fromhex(challenge["RndA"] + challenge["RndB"]) + LOGIN.encode()
        mac = hmac.new(API_KEY.encode(), message, "sha256").hexdigest()
        return ask("/login/advAuth", {"UserLogin": LOGIN, "RndA": mac[:32], "RndB": mac[32:]})["Token"]

    def set(self, case, data, context):
        case.headers["Authorization"] = f"Bearer {data}"
