#!/usr/bin/env python3
"""SIP with Kerberos by MIT's own library (Debian: python3-gssapi); shares no line with chinwag.

  sip_gss.py serve HOST VERSION [METHOD]   a registrar on a free loopback port: prints `port N`, then a line for each
                                           request it believes or not; the answer to METHOD is signed wrongly
  sip_gss.py client PORT HOST USER         signs in to a server and prints a line for each step"""
import base64, os, re, socket, sys

import gssapi

REALM = "SIP Communications Service"
KERBEROS = gssapi.MechType.kerberos


class Message:
    def __init__(self, head, body):
        lines = re.sub(r"\r\n[ \t]+", " ", head).split("\r\n")
        self.start, self.body = lines[0], body
        self.fields = [tuple(part.strip() for part in line.split(":", 1)) for line in lines[1:] if line]

    def all(self, name): return [v for n, v in self.fields if n.lower() == name.lower()]
    def get(self, name): return (self.all(name) or [""])[0]
    def method(self): return self.get("CSeq").split()[1]
    def code(self): return self.start.split()[1] if self.start.startswith("SIP/2.0") else None


def read(stream):
    head = b""
    while True:
        line = stream.readline()
        if not line:
            return None
        if line == b"\r\n":
            if head:
                break
            stream.write(b"\r\n")
            stream.flush()
            continue
        head += line
    text = head.decode()
    length = re.search(r"(?im)^(?:content-length|l)\s*:\s*(\d+)", text)
    return Message(text.rstrip("\r\n"), stream.read(int(length.group(1))) if length else b"")


def parameters(value):
    return {n.lower(): q if q is not None and v == "" else v or q
            for n, q, v in re.findall(r'([\w-]+)\s*=\s*(?:"([^"]*)"|([^,\s"]*))', value)}


def uri(value): return re.search(r"<([^>]*)>", value).group(1)


def tag(value):
    found = re.search(r";\s*tag=([^;\s]+)", value[value.index(">"):])
    return found.group(1) if found else ""


def text(message, target, version, random, number):
    """What is signed: see MS-SIP section 3.1.4.2."""
    sender, to = message.get("From"), message.get("To")
    number_of, method = message.get("CSeq").split()
    parts = ["Kerberos", random, number, REALM, target, message.get("Call-ID"), number_of, method, uri(sender), tag(sender)]
    if version >= 3:
        parts.append(uri(to))
    parts.append(tag(to))
    if version >= 3:
        parts += ["", ""]
    parts.append(message.get("Expires"))
    if message.code():
        parts.append(message.code())
    return "".join(f"<{part}>" for part in parts).encode()


def believes(context, signed, signature):
    """Whether a signature is right, after looking at three that are not."""
    for wrong_text, wrong in ((signed + b"x", signature), (signed, signature[:-1] + bytes([signature[-1] ^ 1])), (b"", signature)):
        try:
            context.verify_signature(wrong_text, wrong)
            return False
        except gssapi.exceptions.GSSError:
            pass
    try:
        context.verify_signature(signed, signature)
        return True
    except gssapi.exceptions.GSSError:
        return False


def say(*words): print(*words, flush=True)


def serve(host, version, spoilt):
    target, version = f"sip/{host}", int(version)
    listener = socket.create_server(("127.0.0.1", 0))
    say("port", listener.getsockname()[1])
    while True:
        connection, _ = listener.accept()
        try:
            serve_one(connection.makefile("rwb"), target, host, version, spoilt)
        except (ConnectionError, BrokenPipeError):
            pass


def serve_one(stream, target, host, version, spoilt):
    context, number, last = None, 0, 0
    named = "" if version == 2 else f", version={version}"
    while (message := read(stream)) is not None:
        if message.code() or message.method() == "ACK":
            continue
        answer = ["SIP/2.0 {code}"] + [f"{n}: {v}" for n in ("Via", "From", "Call-ID", "CSeq") for v in message.all(n)]
        to = message.get("To")
        answer.append(f"To: {to}" if tag(to) else f"To: {to};tag=gss")
        fields = [parameters(v) for v in message.all("Authorization") if v.startswith("Kerberos ")]
        shown = fields[0] if fields else {}
        code, sign = 200, True
        if message.method() == "REGISTER" and shown.get("gssapi-data"):
            credentials = gssapi.Credentials(name=gssapi.Name(f"sip@{host}", gssapi.NameType.hostbased_service),
                                             usage="accept", mechs=[KERBEROS])
            context, number, last = gssapi.SecurityContext(creds=credentials, usage="accept"), 0, 0
            back = context.step(base64.b64decode(shown["gssapi-data"]))
            flags = context.actual_flags
            say("token of", context.initiator_name, "complete" if context.complete and not back else "not complete",
                "integrity" if gssapi.RequirementFlag.integrity in flags else "no integrity",
                "ordered" if gssapi.RequirementFlag.out_of_sequence_detection in flags
                or gssapi.RequirementFlag.replay_detection in flags else "any order")
        if "response" in shown:
            signed = text(message, target, version, shown["crand"], shown["cnum"])
            fine = context is not None and shown["targetname"] == target and shown["realm"] == REALM \
                and believes(context, signed, bytes.fromhex(shown["response"])) and int(shown["cnum"]) == last + 1
            last, octets = int(shown["cnum"]), bytes.fromhex(shown["response"])
            say("good" if fine else "bad", message.method(), shown["cnum"], "opaque" if shown.get("opaque") == "F00D" else "-",
                len(octets), octets[:4].hex())
        elif not shown.get("gssapi-data"):
            code, sign = 401, False
            answer.append(f'WWW-Authenticate: Kerberos realm="{REALM}", targetname="{target}"{named}')
        if code == 200 and message.method() == "REGISTER":
            answer += [f"Contact: {v};expires=600" for v in message.all("Contact")[:1]]
        if code == 200 and message.method() in ("SUBSCRIBE", "PUBLISH"):
            code = 489
        answer[0] = answer[0].format(code=f"{code} Whatever")
        if sign:
            number += 1
            reply = Message("\r\n".join(answer), b"")
            signed = text(reply, target, version, "0a1b2c3d", str(number))
            if message.method() == spoilt:
                signed += b"<>"
            answer.append(f'Authentication-Info: Kerberos rspauth="{context.get_signature(signed).hex().upper()}", srand="0a1b2c3d", '
                          f'snum="{number}", opaque="F00D", qop="auth", targetname="{target}", realm="{REALM}"')
        stream.write(("\r\n".join(answer) + "\r\nContent-Length: 0\r\n\r\n").encode())
        stream.flush()


def client(port, host, user):
    target = f"sip/{host}"
    stream = socket.create_connection(("127.0.0.1", int(port))).makefile("rwb")
    cseq, received = 0, 0
    context = gssapi.SecurityContext(name=gssapi.Name(f"sip@{host}", gssapi.NameType.hostbased_service), mech=KERBEROS,
                                     usage="initiate", flags=[gssapi.RequirementFlag.integrity])

    def ask(method, line=None, signs=None, spoil=b""):
        nonlocal cseq
        cseq += 1
        head = [f"{method} sip:example.test SIP/2.0", f"Via: SIP/2.0/TCP 127.0.0.1:9;branch=z9hG4bKgss{cseq}", "Max-Forwards: 70",
                f"From: <sip:{user}@example.test>;tag=gss;epid=01", f"To: <sip:{user}@example.test>", "Call-ID: gss",
                f"CSeq: {cseq} {method}", f"Contact: <sip:{user}@127.0.0.1:9;transport=tcp>", "Expires: 300"]
        if signs:
            signed = text(Message("\r\n".join(head), b""), target, 4, "11223344", str(signs)) + spoil
            line = (line or f'Kerberos qop="auth", realm="{REALM}", targetname="{target}"') + \
                f', crand="11223344", cnum="{signs}", response="{context.get_signature(signed).hex()}"'
        if line:
            head.append(f"Authorization: {line}")
        stream.write(("\r\n".join(head) + "\r\nContent-Length: 0\r\n\r\n").encode())
        stream.flush()
        while (reply := read(stream)).code() is None or reply.method() != method:
            pass
        return reply

    def proven(reply):
        nonlocal received
        shown = parameters(next(v for v in reply.all("Authentication-Info") if v.startswith("Kerberos ")))
        signed = text(reply, target, 4, shown["srand"], shown["snum"])
        fine = believes(context, signed, bytes.fromhex(shown["rspauth"])) and int(shown["snum"]) > received
        received = int(shown["snum"])
        return "proven" if fine and shown["opaque"] else "not proven"

    first = ask("REGISTER")
    offer = parameters(next(v for v in first.all("WWW-Authenticate") if v.startswith("Kerberos ")))
    say("offer", first.code(), offer["targetname"], offer.get("version"))
    token = base64.b64encode(context.step()).decode()
    line = f'Kerberos qop="auth", realm="{REALM}", targetname="{target}", gssapi-data="{token}", version=4'
    spoilt = ask("REGISTER", line, signs=1, spoil=b"x")
    say("spoilt", spoilt.code())
    say("replayed", ask("REGISTER", line, signs=1).code())
    context = gssapi.SecurityContext(name=gssapi.Name(f"sip@{host}", gssapi.NameType.hostbased_service), mech=KERBEROS,
                                     usage="initiate", flags=[gssapi.RequirementFlag.integrity])
    token = base64.b64encode(context.step()).decode()
    line = f'Kerberos qop="auth", realm="{REALM}", targetname="{target}", gssapi-data="{token}", version=4'
    reply = ask("REGISTER", line, signs=1)
    say("signed in", reply.code(), proven(reply))
    reply = ask("REGISTER", signs=3)
    say("out of order", reply.code(), proven(reply))
    reply = ask("REGISTER", signs=2)
    say("late", reply.code(), proven(reply))
    say("tampered", ask("REGISTER", signs=4, spoil=b"x").code())
    say("unsigned", ask("REGISTER").code())


if __name__ == "__main__":
    if len(sys.argv) > 2 and sys.argv[1] == "serve":
        serve(*sys.argv[2:4], sys.argv[4] if len(sys.argv) > 4 else None)
    elif len(sys.argv) == 5 and sys.argv[1] == "client":
        client(*sys.argv[2:])
    else:
        sys.exit(__doc__)
