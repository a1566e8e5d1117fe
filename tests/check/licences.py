#!/usr/bin/env python3
"""Refuse a dependency that does not come from crates.io, or whose licence deny.toml does not allow.

The sources are Cargo.lock's, so they cover every platform. The licences are those of the packages
this machine builds (`cargo metadata --filter-platform`), so that nothing has to be downloaded;
`./check --slow` asks cargo-deny about all platforms.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CRATES_IO = "registry+https://github.com/rust-lang/crates.io-index"


def main() -> int:
    allowed = allowed_licences((ROOT / "deny.toml").read_text(encoding="utf-8"))
    faults = foreign_sources((ROOT / "Cargo.lock").read_text(encoding="utf-8"))
    packages = built_packages()
    for package in packages:
        licence = package["license"] or "none named"
        try:
            accepted = satisfied(licence, allowed)
        except ValueError as error:
            licence, accepted = f"{licence} ({error})", False
        if not accepted:
            faults.append(f"{package['name']} {package['version']}: licence {licence} is not allowed by deny.toml")
    for fault in faults:
        print(fault, file=sys.stderr)
    if not faults:
        print(f"{len(packages)} packages: all from crates.io, all under allowed licences")
    return 1 if faults else 0


def allowed_licences(deny: str) -> set[str]:
    """The `[licenses] allow` list, without a TOML parser: Python 3.10 has none."""
    section = deny.split("[licenses]", 1)[1]
    listed = section.split("allow = [", 1)[1].split("]", 1)[0]
    without_comments = re.sub(r"#.*", "", listed)
    return set(re.findall(r'"([^"]+)"', without_comments))


def foreign_sources(lock: str) -> list[str]:
    """Packages of Cargo.lock from elsewhere. Without a source: the project itself, or a path dependency."""
    faults = []
    for block in lock.split("[[package]]")[1:]:
        fields = dict(re.findall(r'^(name|version|source|checksum) = "([^"]*)"', block, re.MULTILINE))
        name = f"{fields['name']} {fields['version']}"
        if fields["name"] == "domesday" and "source" not in fields:
            continue
        if fields.get("source") != CRATES_IO:
            faults.append(f"{name}: comes from {fields.get('source', 'a path')}, not from crates.io")
        elif "checksum" not in fields:
            faults.append(f"{name}: Cargo.lock has no checksum")
    return faults


def built_packages() -> list[dict]:
    version = subprocess.run(["rustc", "-vV"], check=True, capture_output=True, text=True, cwd=ROOT).stdout
    host = re.search(r"^host: (.+)$", version, re.MULTILINE).group(1)
    command = ["cargo", "metadata", "--format-version", "1", "--locked", "--filter-platform", host]
    metadata = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, cwd=ROOT).stdout)
    used = {node["id"] for node in metadata["resolve"]["nodes"]}
    return [package for package in metadata["packages"] if package["id"] in used]


def satisfied(expression: str, allowed: set[str]) -> bool:
    """Whether an SPDX expression can be met with allowed licences alone (`/` is the old spelling of OR)."""
    tokens = re.findall(r"\(|\)|[^\s()]+", expression.replace("/", " OR "))
    value, rest = either(tokens, allowed)
    if rest:
        raise ValueError(f"unreadable from {rest[0]!r}")
    return value


def either(tokens: list[str], allowed: set[str]) -> tuple[bool, list[str]]:
    value, tokens = both(tokens, allowed)
    while tokens[:1] == ["OR"]:
        right, tokens = both(tokens[1:], allowed)
        value = value or right
    return value, tokens


def both(tokens: list[str], allowed: set[str]) -> tuple[bool, list[str]]:
    value, tokens = licence(tokens, allowed)
    while tokens[:1] == ["AND"]:
        right, tokens = licence(tokens[1:], allowed)
        value = value and right
    return value, tokens


def licence(tokens: list[str], allowed: set[str]) -> tuple[bool, list[str]]:
    if not tokens or tokens[0] in (")", "AND", "OR", "WITH"):
        raise ValueError("a licence is missing")
    if tokens[0] == "(":
        value, tokens = either(tokens[1:], allowed)
        if tokens[:1] != [")"]:
            raise ValueError("a bracket is missing")
        return value, tokens[1:]
    name, tokens = tokens[0], tokens[1:]
    if tokens[:1] == ["WITH"]:
        name, tokens = f"{name} WITH {' '.join(tokens[1:2])}", tokens[2:]
    return name in allowed, tokens


if __name__ == "__main__":
    sys.exit(main())
