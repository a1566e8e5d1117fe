#!/usr/bin/env python3
"""Runs the examples of doc/adv_auth.md against a sandbox, as they stand there.

    doc_examples.py SANDBOX.json
"""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

LANGUAGES = {"sh": ["sh", "-eu", "-c"], "python": [sys.executable, "-c"]}


def main() -> None:
    description = Path(sys.argv[1])
    sandbox = json.loads(description.read_text())
    user = next(user for user in sandbox["api_users"] if user["login"] == "alice")
    environment = dict(
        os.environ,
        BASE=sandbox["http"]["base"],
        CA=str(description.parent / sandbox["ca_cert"]),
        API_KEY=user["api_key"],
    )
    page = Path(__file__).parents[2] / "doc" / "adv_auth.md"
    examples = re.findall(r"^```(sh|python)\n(.*?)^```$", page.read_text(), re.MULTILINE | re.DOTALL)
    assert sorted(language for language, _ in examples) == ["python", "sh"], "one example in each language"
    for language, text in examples:
        run = subprocess.run([*LANGUAGES[language], text], env=environment, capture_output=True, text=True, timeout=60)
        assert run.returncode == 0, f"{language}: {run.stderr}"
        me = json.loads(run.stdout)
        assert (me["login"], me["registrar"], me["role"]) == ("alice", "ClientX", "full"), f"{language}: {me}"
        print(f"   {language}: {me}")


if __name__ == "__main__":
    main()
