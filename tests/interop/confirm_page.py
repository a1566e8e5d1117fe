#!/usr/bin/env python3
"""A registrant answers on `/confirm/TOKEN`, in headless Chromium, against a running sandbox.

    confirm_page.py DIR/sandbox.json

A registrar's session on the eis listener asks for deletions; the link comes out of the mail; the browser is driven by
chromedriver over its HTTP protocol (W3C WebDriver). One line a step; the first deviation ends the run with status 1.
"""

import json
import re
import shutil
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import uuid
from pathlib import Path

EPP = "https://epp.tld.ee/schema/epp-ee-1.0.xsd"
DOMAIN = "https://epp.tld.ee/schema/domain-ee-1.1.xsd"
CONTACT = "https://epp.tld.ee/schema/contact-ee-1.1.xsd"
EIS = "https://epp.tld.ee/schema/eis-1.0.xsd"
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]
SECONDS_AT_MOST = 60


class Deviation(Exception):
    """Something else happened than the story says."""


def expect(condition: bool, what: str, shown: str = "") -> None:
    """One step: a line when it is as it should be."""
    if not condition:
        raise Deviation(f"{what}\n{shown}")
    print(f"  {what}", flush=True)


class Registrar:
    """The sandbox's .ee registrar on its listener."""

    def __init__(self, sandbox: dict, root: Path):
        account = next(account for account in sandbox["registrars"] if account.get("dialect") == "eis")
        listener = sandbox["epp"]["eis"]
        context = ssl.create_default_context(cafile=str(root / sandbox["ca_cert"]))
        context.load_cert_chain(root / account["cert"], root / account["key"])
        plain = socket.create_connection((listener["host"], listener["port"]), timeout=SECONDS_AT_MOST)
        self.socket = context.wrap_socket(plain, server_hostname="localhost")
        self.read()
        self.ask(f"<login><clID>{account['user']}</clID><pw>{account['password']}</pw></login>", 1000)

    def read(self) -> str:
        """One frame."""
        (length,) = struct.unpack(">I", self.exactly(4))
        return self.exactly(length - 4).decode()

    def exactly(self, count: int) -> bytes:
        """So many bytes."""
        parts = b""
        while len(parts) < count:
            part = self.socket.recv(count - len(parts))
            if not part:
                raise Deviation("the server closed the EPP connection")
            parts += part
        return parts

    def ask(self, command: str, code: int) -> str:
        """A command and its answer, which has this code."""
        frame = f'<?xml version="1.0" encoding="UTF-8"?><epp xmlns="{EPP}"><command>{command}</command></epp>'.encode()
        self.socket.sendall(struct.pack(">I", len(frame) + 4) + frame)
        answer = self.read()
        if f'<result code="{code}">' not in answer:
            raise Deviation(f"{code} was expected of {command[:200]}\n{answer}")
        return answer

    def create(self, name: str) -> None:
        """A domain of a person of its own."""
        holder = name.split(".", maxsplit=1)[0]
        document = f'<eis:legalDocument type="pdf">{"QUFB" * 1100}</eis:legalDocument>'
        self.ask(
            f'<create><contact:create xmlns:contact="{CONTACT}"><contact:id>{holder}</contact:id><contact:postalInfo>'
            "<contact:name>Sillius Soddus</contact:name></contact:postalInfo>"
            f"<contact:voice>+372.1234567</contact:voice><contact:email>{holder}@holder.example</contact:email>"
            f'</contact:create></create><extension><eis:extdata xmlns:eis="{EIS}">'
            '<eis:ident type="priv" cc="EE">37605030299</eis:ident></eis:extdata></extension>',
            1000,
        )
        self.ask(
            f'<create><domain:create xmlns:domain="{DOMAIN}"><domain:name>{name}</domain:name>'
            f"<domain:registrant>{holder}</domain:registrant></domain:create></create>"
            f'<extension><eis:extdata xmlns:eis="{EIS}">{document}</eis:extdata></extension>',
            1000,
        )

    def delete(self, name: str) -> None:
        """Asks for a deletion, which waits."""
        delete = f'<domain:delete xmlns:domain="{DOMAIN}"><domain:name>{name}</domain:name></domain:delete>'
        self.ask(f"<delete>{delete}</delete>", 1001)

    def statuses(self, name: str) -> list:
        """The domain's statuses."""
        info = f'<domain:info xmlns:domain="{DOMAIN}"><domain:name>{name}</domain:name></domain:info>'
        return re.findall(r'<domain:status s="(\w+)"', self.ask(f"<info>{info}</info>", 1000))

    def message(self) -> str:
        """Takes the newest message out of the queue; its text."""
        answer = self.ask('<poll op="req"/>', 1301)
        number = re.search(r'<msgQ count="\d+" id="(\d+)"', answer).group(1)
        self.ask(f'<poll op="ack" msgID="{number}"/>', 1000)
        return re.search(r"</qDate><msg>(.*?)</msg>", answer).group(1)


def link_for(mails: Path, name: str, but: set) -> str:
    """The link in the newest mail about a domain, that is none of those seen before."""
    until = time.monotonic() + SECONDS_AT_MOST
    while time.monotonic() < until:
        for mail in mails.glob("*.eml"):
            text = mail.read_text(encoding="utf-8").replace("=\r\n", "").replace("=\n", "").replace("=3D", "=")
            found = re.search(r"https://\S+/confirm/([0-9a-f]{32})", text)
            if found and name in text and found.group(0) not in but:
                but.add(found.group(0))
                return found.group(0)
        time.sleep(0.1)
    raise Deviation(f"no mail about {name} in {mails}")


class Browser:
    """Chromium, over chromedriver."""

    def __init__(self, scratch: Path):
        port = free_port()
        program = shutil.which("chromedriver")
        # pylint: disable=consider-using-with
        self.driver = subprocess.Popen([program, f"--port={port}", "--log-level=SEVERE"], stdout=subprocess.DEVNULL)
        self.base = f"http://127.0.0.1:{port}"
        until = time.monotonic() + SECONDS_AT_MOST
        while not self.is_ready():
            if time.monotonic() > until:
                raise Deviation("chromedriver does not answer")
            time.sleep(0.1)
        options = {"args": [*FLAGS, f"--user-data-dir={scratch}"], "binary": shutil.which("chromium")}
        wanted = {"browserName": "chrome", "acceptInsecureCerts": True, "goog:chromeOptions": options}
        session = self.send("POST", "/session", {"capabilities": {"alwaysMatch": wanted}})
        self.base += f"/session/{session['sessionId']}"

    def is_ready(self) -> bool:
        """Whether chromedriver takes sessions."""
        try:
            return self.send("GET", "/status")["ready"]
        except (urllib.error.URLError, ConnectionError):
            return False

    def send(self, method: str, path: str, body: object = None):
        """A command of the protocol; what it gives."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.base + path, data, {"Content-Type": "application/json"}, method=method)
        with urllib.request.urlopen(request, timeout=SECONDS_AT_MOST) as answer:
            return json.load(answer)["value"]

    def open(self, address: str) -> str:
        """Goes to an address; the page's text."""
        self.send("POST", "/url", {"url": address})
        return self.text()

    def text(self) -> str:
        """What is to be read on the page."""
        script = {"script": "return document.body.innerText", "args": []}
        return self.send("POST", "/execute/sync", script)

    def click(self, selector: str) -> str:
        """Presses a button; the next page's text."""
        before = self.text()
        element = self.send("POST", "/element", {"using": "css selector", "value": selector})
        (key,) = element.values()
        self.send("POST", f"/element/{key}/click", {})
        until = time.monotonic() + SECONDS_AT_MOST
        while self.text() == before and time.monotonic() < until:
            time.sleep(0.1)
        return self.text()

    def close(self) -> None:
        """Ends the session, and chromedriver with it."""
        try:
            self.send("DELETE", "")
        finally:
            self.driver.terminate()
            self.driver.wait(timeout=SECONDS_AT_MOST)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def tell(registrar: Registrar, browser: Browser, mails: Path, base: str) -> None:
    """The story."""
    name, seen = f"c{uuid.uuid4().hex[:10]}.ee", set()
    registrar.create(name)
    registrar.delete(name)
    link = link_for(mails, name, seen)
    expect(link.startswith(base), "the link in the mail leads to the sandbox", link)
    page = browser.open(link)
    expect(f"delete the domain {name}" in page, "the page says what is asked", page)
    page = browser.open(link)
    expect("Yes, I agree" in page, "looking again changes nothing", page)
    shown = registrar.statuses(name)
    expect("pendingDeleteConfirmation" in shown, "the domain waits", str(shown))

    page = browser.click("#no")
    expect("You did not agree" in page and name in page, "no is taken", page)
    expect(registrar.statuses(name) == ["inactive"], "everything is as it was")
    message = registrar.message()
    expect(message == f"Registrant rejected domain deletion: {name}", "the registrar reads it", message)
    spent = browser.open(link)
    expect("Nothing to answer" in spent, "the link is spent", spent)
    unknown = browser.open(f"{base}/confirm/{uuid.uuid4().hex}")
    expect(unknown == spent, "an unknown link looks the same", unknown)

    registrar.delete(name)
    page = browser.open(link_for(mails, name, seen))
    page = browser.click("#yes")
    expect("You agreed" in page, "yes is taken", page)
    shown = registrar.statuses(name)
    expect("pendingDelete" in shown and "serverHold" in shown, "the deletion has begun", str(shown))
    message = registrar.message()
    expect(message == f"Registrant confirmed domain deletion: {name}", "the registrar reads it", message)


def main(sandbox_json: str) -> int:
    """Tells the story; 0 when it ends well."""
    sandbox = json.loads(Path(sandbox_json).read_text(encoding="utf-8"))
    root = Path(sandbox_json).resolve().parent
    with tempfile.TemporaryDirectory() as scratch:
        browser = Browser(Path(scratch))
        try:
            tell(Registrar(sandbox, root), browser, root / sandbox["mail_dir"], sandbox["http"]["base"])
        except Deviation as deviation:
            print(f"DEVIATION: {deviation}", flush=True)
            return 1
        finally:
            browser.close()
    print("the registrant's page: the story ends well")
    return 0


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(f"usage: {sys.argv[0]} DIR/sandbox.json")
    sys.exit(main(sys.argv[1]))
