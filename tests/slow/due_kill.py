"""Kills a sandbox whose clock was turned, again and again, and compares what it holds in the end (see due_kill.sh)."""

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time

PROGRAM, WORK = sys.argv[1:3]
DOMAINS = int(os.environ.get("DOMESDAY_CRASH_DOMAINS", "1000"))
KILLS = int(os.environ.get("DOMESDAY_DUE_KILLS", "500"))

# What due work writes, but for identifiers of transactions, which differ from process to process.
ROWS = {
    "domain": "number, name, sponsor, expires_at, due_at, json_remove(state, '$.auth_info')",
    "registrar": "id, messages, balance, held",
    "ledger": "number, registrar, at, amount, kind, object, operation, balance",
    "message": "number, registrar, queued_at, json_remove(event, '$.server_trid', '$.change.server_trid')",
    "history": "number, at, kind, object, name, operation, actor, client_trid",
}


def seed():
    """Names for a year or two, half of them within the 45 days that are advanced."""
    lines = ['[[tld]]\nname = "due"\ncontacts = { registrant_required = false }']
    lines.append('prices = [{ currency = "USD", create = 0, renew = 1200, transfer = 0, restore = 0 }]')
    lines.append('[[registrar]]\nid = "ClientX"\npassword = "foo-BAR2"\ncredit = "1000"')
    for number in range(DOMAINS):
        lines.append(f'[[domain]]\nname = "d{number}.due"\nsponsor = "ClientX"\nyears = {1 + number % 2}')
    return "\n".join(lines) + "\n"


def start(directory, *options):
    process = subprocess.Popen(
        [PROGRAM, "sandbox", "--dir", directory, "--port-base", "0", *options],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )
    description = os.path.join(directory, "sandbox.json")
    for _ in range(3000):
        try:
            with open(description) as file:
                json.load(file)
            return process
        except (OSError, ValueError):
            if process.poll() is not None:
                sys.exit(f"the sandbox ended with {process.returncode}")
            time.sleep(0.02)
    sys.exit("the sandbox does not answer")


def stop(process):
    process.send_signal(signal.SIGTERM)
    process.wait()


def clock(directory, *arguments):
    return subprocess.Popen(
        [PROGRAM, "clock", *arguments, "--dir", directory], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


def look(directory, sql):
    database = sqlite3.connect(f"file:{directory}/registry.db?mode=ro", uri=True, timeout=30)
    try:
        return database.execute(sql).fetchall()
    finally:
        database.close()


def content(directory):
    return {table: look(directory, f"SELECT {columns} FROM {table} ORDER BY 1") for table, columns in ROWS.items()}


def main():
    first = os.path.join(WORK, "undisturbed")
    with open(os.path.join(WORK, "seed.toml"), "w") as file:
        file.write(seed())
    process = start(first, "--seed", os.path.join(WORK, "seed.toml"), "--clock", "2027-01-01T00:00:00Z")
    assert clock(first, "set", "2027-12-10T00:00:00Z").wait() == 0
    stop(process)
    other = os.path.join(WORK, "killed")
    shutil.copytree(first, other)

    process = start(first)
    assert clock(first, "set", "2028-01-24T00:00:00Z").wait() == 0
    stop(process)
    expected = content(first)
    steps = len(expected["history"]) - len(content(other)["history"])
    assert steps >= DOMAINS // 2, steps

    kills = 0
    turned = False
    while True:
        process = start(other)
        before = look(other, "SELECT count(*) FROM history")[0][0]
        turning = clock(other, "advance", "PT0S") if turned else clock(other, "set", "2028-01-24T00:00:00Z")
        turned = True
        # Once so many kills were survived the rest may be done in peace.
        while kills < KILLS and turning.poll() is None:
            if look(other, "SELECT count(*) FROM history")[0][0] > before:
                os.kill(process.pid, signal.SIGKILL)
                process.wait()
                kills += 1
                break
        if process.poll() is None:
            done = turning.wait() == 0
            stop(process)
            if done:
                break
        else:
            turning.wait()
    found = content(other)
    for table, rows in expected.items():
        assert found[table] == rows, f"{table} differs after {kills} kills"
    assert kills > 0
    print(f"{steps} steps, killed {kills} times: the same rows")


main()
