#!/usr/bin/env python3
"""A registrar's day with pyepp 0.3.2 (PyPI): from login to logout against a running sandbox.

    pyepp_story.py DIR/sandbox.json

Every step is judged by its result code and by what is read back, every answer by the rules of the wire
(clTRID echoed, svTRID new, one result, more than 256 bytes). One line a step; the first deviation prints
the frames and ends the run with status 1.
"""

import json
import os
import sys
import uuid
import xml.etree.ElementTree as ElementTree
from datetime import date
from pathlib import Path

NS = {
    "epp": "urn:ietf:params:xml:ns:epp-1.0",
    "domain": "urn:ietf:params:xml:ns:domain-1.0",
    "contact": "urn:ietf:params:xml:ns:contact-1.0",
    "host": "urn:ietf:params:xml:ns:host-1.0",
}
# A queue that does not empty within so many acks does not empty.
MESSAGES_AT_MOST = 1000


class Deviation(Exception):
    """The server did something else than the story says."""


def main(sandbox_json: str) -> int:
    sandbox = json.loads(Path(sandbox_json).read_text(encoding="utf-8"))
    root = Path(sandbox_json).resolve().parent
    # pyepp takes no CA: only OpenSSL's environment reaches it, and only when set before the import.
    os.environ["SSL_CERT_FILE"] = str(root / sandbox["ca_cert"])
    session = sessions(sandbox, root)
    losing = session("ClientX")
    gaining = session("ClientY")
    try:
        tell(losing, gaining, uuid.uuid4().hex[:8])
    except Deviation as deviation:
        print(f"DEVIATION: {deviation}", flush=True)
        return 1
    print("pyepp: the story ends well")
    return 0


def sessions(sandbox: dict, root: Path):
    """A function from a registrar's name to its session. The import of pyepp lives here, after SSL_CERT_FILE."""
    # pylint: disable=import-outside-toplevel
    from pyepp import Contact, Domain, EppCommunicator, Host, Poll
    from pyepp.epp import mask_sensitive_xml

    class Wire(EppCommunicator):
        """pyepp's own communicator; it only remembers and judges what passes."""

        sent = received = ""

        def _execute_command(self, cmd: str) -> bytes:
            self.sent, self.received = mask_sensitive_xml(cmd), "nothing"
            answer = super()._execute_command(cmd)
            self.received = mask_sensitive_xml(answer)
            judge_wire(cmd, answer)
            return answer

    class Session:
        """One registrar's connection, and pyepp's objects on it."""

        def __init__(self, name: str):
            account = next(account for account in sandbox["registrars"] if account["id"] == name)
            listener = sandbox["epp"]["ietf"]
            self.name, self.password = name, account["password"]
            self.wire = Wire(
                server=listener["host"],
                port=str(listener["port"]),
                client_cert=str(root / account["cert"]),
                client_key=str(root / account["key"]),
            )
            self.domain, self.contact = Domain(self.wire), Contact(self.wire)
            self.host, self.poll = Host(self.wire), Poll(self.wire)

        def step(self, what: str, expected: int, command, *args, **kwargs):
            """Runs a command, demands its code, and gives back pyepp's result."""
            result = self.run(what, command, *args, **kwargs)
            if result.code != expected:
                self.deviates(what, f"code {result.code} ({result.message}; {result.reason}), expected {expected}")
            self.tell(what, result.code)
            return result

        def run(self, what: str, command, *args, **kwargs):
            try:
                return command(*args, **kwargs)
            except Exception as error:  # whatever the client chokes on is a deviation
                self.deviates(what, f"{type(error).__name__}: {error}")

        def demand(self, what: str, is_value, should: object) -> None:
            if is_value != should:
                self.deviates(what, f"is {is_value!r}, should be {should!r}")

        def deviates(self, what: str, why: str) -> None:
            frames = f"--- sent\n{self.wire.sent}\n--- received\n{self.wire.received}"
            raise Deviation(f"{self.name}: {what}: {why}\n{frames}")

        def tell(self, what: str, code: int) -> None:
            print(f"pyepp {self.name}: {code} {what}", flush=True)

    return Session


def tell(losing, gaining, run: str) -> None:
    """The story. `losing` (ClientX) registers; `gaining` (ClientY) takes over. `run` makes the names new."""
    name, other = f"pyepp-{run}.example", f"pyepp-{run}-short.example"
    holder, short_holder = f"py-{run}", f"ps-{run}"
    server = f"ns1.{name}"
    for session in (losing, gaining):
        log_in(session)
        drain(session)
    check(losing, losing.domain.check, {name: True, other: True})
    check(losing, losing.contact.check, {holder: True, short_holder: True})
    check(losing, losing.host.check, {server: True})
    contacts(losing, holder, short_holder)
    register(losing, name, holder, auth_info=f"Auth-{run}")
    check(losing, losing.domain.check, {name: False, other: True})
    hosts(losing, name, server)
    update(losing, name, server)
    renew(losing, name)
    transfer(losing, gaining, name, f"Auth-{run}")
    short_life(losing, other, short_holder)
    farewell(losing, gaining, name, server, holder)
    for session in (losing, gaining):
        log_out(session)


def log_in(session) -> None:
    greeting = ElementTree.fromstring(session.run("connect", session.wire.connect))
    offered = [element.text for element in greeting.iterfind(".//epp:objURI", NS)]
    for needed in ("domain", "contact", "host"):
        session.demand(f"the greeting offers {needed}", NS[needed] in offered, True)
    session.step("login", 1000, session.wire.login, session.name, session.password)
    hello = session.run("hello", session.wire.hello)
    session.demand("hello gets a greeting", ElementTree.fromstring(hello)[0].tag, f"{{{NS['epp']}}}greeting")
    print(f"pyepp {session.name}: greeting, hello", flush=True)


def check(session, command, expected: dict) -> None:
    result = session.step(f"check {', '.join(expected)}", 1000, command, list(expected))
    available = {name: answer["avail"] for name, answer in result.result_data.items()}
    session.demand("availability", available, expected)


def contacts(session, *ids: str) -> None:
    from pyepp.contact import AddressData, ContactData, PostalInfoData

    for identifier in ids:
        address = AddressData(
            street_1="123 Example Dr.", city="Dulles", province="VA", postal_code="20166-6503", country_code="US"
        )
        postal = PostalInfoData(name="John Doe", organization="Example Inc.", address=address, type="int")
        data = ContactData(
            id=identifier, email="jdoe@example.com", postal_info=postal, phone="+1.7035555555", password="2fooBAR"
        )
        session.step(f"contact create {identifier}", 1000, session.contact.create, data)
        session.step(f"contact create {identifier} again", 2302, session.contact.create, data)
    first = ids[0]
    read = session.step(f"contact info {first}", 1000, session.contact.info, first).result_data
    session.demand("postal data", (read.postal_info.name, read.postal_info.address.city), ("John Doe", "Dulles"))
    session.demand("sponsor", read.sponsoring_client_id, session.name)
    session.demand("voice", read.phone, "+1.7035555555")
    change = ContactData(id=first, email="new@example.com", phone="+372.5551234")
    session.step(f"contact update {first}", 1000, session.contact.update, change)
    read = session.step(f"contact info {first}", 1000, session.contact.info, first).result_data
    session.demand("e-mail and voice", (read.email, read.phone), ("new@example.com", "+372.5551234"))
    session.demand("updated by", read.update_client_id, session.name)
    session.demand("name kept", read.postal_info.name, "John Doe")


def register(session, name: str, holder: str, auth_info: str) -> None:
    from pyepp.domain import DomainData

    data = DomainData(domain_name=name, period=2, registrant=holder, password=auth_info)
    made = session.step(f"domain create {name}", 1000, session.domain.create, data)
    session.step(f"domain create {name} again", 2302, session.domain.create, data)
    read = session.step(f"domain info {name}", 1000, session.domain.info, name).result_data
    session.demand("name, registrant", (read.domain_name, read.registrant), (name, holder))
    session.demand("sponsor, creator", (read.sponsoring_client_id, read.create_client_id), (session.name,) * 2)
    expires = element(made, "domain:exDate")
    session.demand("exDate as create told", read.expiry_date, expires)
    session.demand("a period of 2 years", day(expires), years_after(day(read.create_date), 2))


def hosts(session, name: str, server: str) -> None:
    from pyepp.host import HostData, IPAddressData

    first, second = IPAddressData("192.0.2.1", "v4"), IPAddressData("2001:db8::1", "v6")
    data = HostData(host_name=server, address=[first])
    session.step(f"host create {server}", 1000, session.host.create, data)
    session.step(f"host update {server}: add {second.address}", 1000, session.host.update, server, [second])
    read = session.step(f"host info {server}", 1000, session.host.info, server).result_data
    addresses = {(address.ip, address.address) for address in read.address}
    session.demand("addresses", addresses, {("v4", "192.0.2.1"), ("v6", "2001:db8::1")})
    session.demand("an unused host is not linked", "linked" in read.status, False)
    check(session, session.host.check, {server: False, f"ns9.{name}": True})


def update(session, name: str, server: str) -> None:
    # Two commands: pyepp writes a status before the nameservers, which the schema does not allow in one.
    session.step(f"domain update {name}: add {server}", 1000, session.domain.update, name, add_hosts=[server])
    prohibited = [("clientDeleteProhibited", "not yet")]
    session.step(f"domain update {name}: prohibit delete", 1000, session.domain.update, name, add_statuses=prohibited)
    read = session.step(f"domain info {name}", 1000, session.domain.info, name).result_data
    session.demand("nameservers", read.host, [server])
    session.demand("status", "clientDeleteProhibited" in read.status and "ok" not in read.status, True)
    linked = session.step(f"host info {server}", 1000, session.host.info, server).result_data
    session.demand("the host is linked", "linked" in linked.status, True)
    session.step(f"domain delete {name}: prohibited", 2304, session.domain.delete, name)
    lifted = ["clientDeleteProhibited"]
    session.step(f"domain update {name}: lift it", 1000, session.domain.update, name, remove_statuses=lifted)
    read = session.step(f"domain info {name}", 1000, session.domain.info, name).result_data
    session.demand("status lifted", "clientDeleteProhibited" in read.status, False)


def renew(session, name: str) -> None:
    before = session.step(f"domain info {name}", 1000, session.domain.info, name).result_data
    expires = day(before.expiry_date)
    wrong = years_after(expires, 1)
    session.step(f"domain renew {name} from a wrong date", 2306, session.domain.renew, name, wrong, 1)
    session.step(f"domain renew {name} by 1 year", 1000, session.domain.renew, name, expires, 1)
    after = session.step(f"domain info {name}", 1000, session.domain.info, name).result_data
    session.demand("exDate a year later", day(after.expiry_date), years_after(expires, 1))


def transfer(losing, gaining, name: str, auth_info: str) -> None:
    request = gaining.domain.transfer
    gaining.step(f"domain transfer {name} with a wrong authInfo", 2202, request, name, "wrong-Auth-1", 1)
    asked = gaining.step(f"domain transfer request {name}", 1001, request, name, auth_info, 1)
    gaining.demand("trStatus", element(asked, "domain:trStatus"), "pending")
    gaining.demand("reID, acID", (element(asked, "domain:reID"), element(asked, "domain:acID")), ("ClientY", "ClientX"))
    gaining.step(f"domain transfer request {name} again", 2300, request, name, auth_info, 1)
    pending = losing.step(f"domain info {name}", 1000, losing.domain.info, name).result_data
    losing.demand("status", "pendingTransfer" in pending.status, True)
    losing.demand("the loser's message", (name, "pending") in drain(losing), True)
    query = losing.step(f"domain transfer query {name}", 1000, losing.wire.execute, transfer_frame("query", name))
    losing.demand("trStatus", element(query, "domain:trStatus"), "pending")
    gaining.step(f"domain transfer approve {name} by the gainer", 2201, gaining.wire.execute, transfer_frame("approve", name))
    approved = losing.step(f"domain transfer approve {name}", 1000, losing.wire.execute, transfer_frame("approve", name))
    losing.demand("trStatus", element(approved, "domain:trStatus"), "clientApproved")
    gaining.demand("the gainer's message", (name, "clientApproved") in drain(gaining), True)
    moved = gaining.step(f"domain info {name}", 1000, gaining.domain.info, name).result_data
    gaining.demand("sponsor", moved.sponsoring_client_id, "ClientY")
    gaining.demand("a year more", day(moved.expiry_date), years_after(day(pending.expiry_date), 1))
    gaining.demand("trDate is there", bool(moved.transfer_date), True)
    losing.step(f"domain update {name} by the loser", 2201, losing.domain.update, name, password="Mine-still-1")


def short_life(session, name: str, holder: str) -> None:
    """Registered and deleted within the add grace period: gone at once."""
    from pyepp.domain import DomainData

    data = DomainData(domain_name=name, period=1, registrant=holder, password="Short-life-1")
    session.step(f"domain create {name}", 1000, session.domain.create, data)
    session.step(f"contact delete {holder}: linked", 2305, session.contact.delete, holder)
    session.step(f"domain delete {name}", 1000, session.domain.delete, name)
    session.step(f"domain info {name}", 2303, session.domain.info, name)
    check(session, session.domain.check, {name: True})
    session.step(f"contact delete {holder}", 1000, session.contact.delete, holder)
    session.step(f"contact info {holder}", 2303, session.contact.info, holder)


def farewell(losing, gaining, name: str, server: str, holder: str) -> None:
    """The new sponsor deletes what it took over; the subordinate host came along."""
    gaining.step(f"domain delete {name}: has a subordinate host", 2305, gaining.domain.delete, name)
    gaining.step(f"host delete {server}: linked", 2305, gaining.host.delete, server)
    gaining.step(f"domain update {name}: remove {server}", 1000, gaining.domain.update, name, remove_hosts=[server])
    gaining.step(f"host delete {server}", 1000, gaining.host.delete, server)
    gaining.step(f"host info {server}", 2303, gaining.host.info, server)
    losing.step(f"contact delete {holder}: linked", 2305, losing.contact.delete, holder)
    what = f"domain delete {name}"
    deleted = gaining.run(what, gaining.domain.delete, name)
    # 1001: after its add grace period a name goes through redemption; a policy without one says 1000.
    gaining.demand(f"{what}: code {deleted.code} is 1000 or 1001", deleted.code in (1000, 1001), True)
    gaining.tell(what, deleted.code)
    if deleted.code == 1000:
        gaining.step(f"domain info {name}", 2303, gaining.domain.info, name)
    else:
        left = gaining.step(f"domain info {name}", 1000, gaining.domain.info, name).result_data
        gaining.demand("status", "pendingDelete" in left.status, True)


def drain(session) -> set:
    """Reads and acks until the queue is empty; gives back (name, trStatus) of the transfer messages."""
    told = set()
    for _ in range(MESSAGES_AT_MOST):
        message = session.run("poll req", session.poll.request)
        if message.code == 1300:
            session.tell(f"poll: the queue is empty after {len(told)} transfer messages", message.code)
            return told
        session.demand(f"poll req: code {message.code}", message.code, 1301)
        if element(message, "domain:trnData") is not None:
            told.add((element(message, "domain:name"), element(message, "domain:trStatus")))
        queue = message.result_data
        acked = session.run("poll ack", session.poll.acknowledge, queue.message_id)
        session.demand(f"poll ack {queue.message_id}", acked.code, 1000)
        session.demand("count after the ack", acked.result_data.message_count, queue.message_count - 1)
    session.deviates("poll", f"not empty after {MESSAGES_AT_MOST} messages")


def log_out(session) -> None:
    session.step("logout", 1500, session.wire.logout)


def transfer_frame(operation: str, name: str) -> str:
    """pyepp knows the transfer request only."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        f'<epp xmlns="{NS["epp"]}"><command><transfer op="{operation}">'
        f'<domain:transfer xmlns:domain="{NS["domain"]}"><domain:name>{name}</domain:name></domain:transfer>'
        f"</transfer><clTRID>{uuid.uuid4()}</clTRID></command></epp>"
    )


SERVER_IDS = set()


def judge_wire(command: str, answer: bytes) -> None:
    """What holds for every answer, whatever was asked."""
    if len(answer) + 4 <= 256:
        raise ValueError(f"a frame of {len(answer) + 4} bytes: one client waits for ever on 256 or less")
    answered = ElementTree.fromstring(answer)
    if answered.find("epp:greeting", NS) is not None:
        return
    asked = ElementTree.fromstring(command.encode("utf-8")).findtext(".//epp:clTRID", None, NS)
    echoed = answered.findtext("epp:response/epp:trID/epp:clTRID", None, NS)
    if asked != echoed:
        raise ValueError(f"clTRID {asked!r} came back as {echoed!r}")
    server_id = answered.findtext("epp:response/epp:trID/epp:svTRID", None, NS)
    if not server_id or server_id in SERVER_IDS:
        raise ValueError(f"svTRID {server_id!r} is missing or was used before")
    SERVER_IDS.add(server_id)
    results = answered.findall("epp:response/epp:result", NS)
    if len(results) != 1:
        raise ValueError(f"{len(results)} results")


def element(result, path: str):
    """The text of the first such element of an answer; None when it is not there."""
    found = ElementTree.fromstring(result.raw_response).find(f".//{path}", NS)
    return None if found is None else (found.text or "")


def day(timestamp: str) -> date:
    return date.fromisoformat(timestamp[:10])


def years_after(start: date, years: int) -> date:
    """Calendar years; 29 February becomes the 28th."""
    try:
        return start.replace(year=start.year + years)
    except ValueError:
        return start.replace(year=start.year + years, day=28)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: pyepp_story.py DIR/sandbox.json")
    sys.exit(main(sys.argv[1]))
