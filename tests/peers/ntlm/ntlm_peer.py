#!/usr/bin/env python3
"""An independent NTLM peer for tests: pyspnego behind a line protocol on stdin and stdout.

Needs Python 3.11 and what is in requirements.txt.

    ntlm_peer.py [DOMAIN:USER:PASSWORD ...]    serve; without users those of NTLM_USER_FILE
    ntlm_peer.py check                         check itself: both roles, and published vectors

The NTLM is that of SIP: connectionless, so there is no NEGOTIATE, every message has number 100, and
the cipher is keyed anew for each.  One command a line, one answer a line.  Octets are in hex, "-" is
none.  FLAGS are 8 hex digits.  What went wrong is answered by "error TEXT".

    challenge FLAGS [ess|plain] [timestamp]       -> CHALLENGE              server's role
    authenticate AUTHENTICATE                     -> ok DOMAIN USER | refused REASON
    answer CHALLENGE DOMAIN USER PASSWORD         -> AUTHENTICATE           client's role
    agreed                                        -> FLAGS mic|no-mic       after either
    key                                           -> KEY
    sign client|server TEXT [full|56|40]          -> SIGNATURE
    verify client|server TEXT SIGNATURE [full|56|40]   -> good | bad

The server offers FLAGS, and besides what pyspnego always offers (REQUEST_TARGET, NTLM, ALWAYS_SIGN,
TARGET_INFO, TARGET_TYPE_SERVER); "ess" and "plain" set and clear EXTENDED_SESSIONSECURITY.  A time
stamp in the challenge asks for a MIC in the answer.  PASSWORD is the rest of the line.

Without extended session security "full", "56" and "40" say how much of the session key is used.
Without that word it is what MS-NLMP 3.4.5.3 says: 56 or 40 bits by NEGOTIATE_56, never all of it.
"""
import os
import struct
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from spnego._ntlm import NTLMProxy
from spnego._ntlm_raw import crypto
from spnego._ntlm_raw.messages import (
    Authenticate,
    AvFlags,
    AvId,
    Challenge,
    FileTime,
    Negotiate,
    NegotiateFlags,
    NTClientChallengeV2,
    TargetInfo,
)
from spnego._ntlm_raw.security import sign
from spnego._version import __version__ as PYSPNEGO
from spnego.exceptions import SpnegoError

SEQUENCE = 100
ESS = NegotiateFlags.extended_session_security
# Without these there are no connectionless signatures (MS-NLMP 2.2.2.5: DATAGRAM needs KEY_EXCH).
NEEDED = NegotiateFlags.datagram | NegotiateFlags.key_exch | NegotiateFlags.sign
# pyspnego's words for who makes a signature.
USAGE = {"client": "initiate", "server": "accept"}
# pyspnego weakens keys by flags.  Which ones to add and to take away for each strength:
STRENGTH = {
    "full": (0, NegotiateFlags.datagram | NegotiateFlags.lm_key),
    "56": (NegotiateFlags.datagram | NegotiateFlags.key_56, 0),
    "40": (NegotiateFlags.datagram, NegotiateFlags.key_56),
}


@dataclass
class Session:
    """What both sides have after the handshake."""

    flags: int
    key: bytes
    mic: bool = False

    def sealing_key(self, sender: str, strength: str | None = None) -> bytes:
        """The key of the cipher, before the number of a message goes in."""
        flags = self.flags
        if strength:
            if flags & ESS:
                raise ValueError("with extended session security the flags alone say how strong the key is")
            more, less = STRENGTH[strength]
            flags = flags & ~less | more
        return crypto.sealkey(flags, self.key, USAGE[sender])

    def sign(self, sender: str, text: bytes, strength: str | None = None) -> bytes:
        """The signature of a text."""
        sealing = self.sealing_key(sender, strength)
        if self.flags & ESS:
            # Connectionless: each message has a sealing key of its own (MS-NLMP 3.4).  Without extended
            # session security a published capture (B1 below) shows that this step is left out.
            sealing = crypto.md5(sealing + struct.pack("<I", SEQUENCE))
        # A new handle each time is what keying the cipher anew means.
        signing = crypto.signkey(self.flags, self.key, USAGE[sender])
        return sign(self.flags, crypto.rc4init(sealing), signing, SEQUENCE, text)

    def verify(self, sender: str, text: bytes, signature: bytes, strength: str | None = None) -> bool:
        """Whether a signature is that of a text."""
        if not self.flags & ESS:
            # The sender may put anything into the pad (MS-NLMP 3.4.4.1); pyspnego puts zeros.
            signature = signature[:4] + bytes(4) + signature[8:]
        return signature == self.sign(sender, text, strength)


class Connectionless(NTLMProxy):
    """pyspnego's NTLM without a NEGOTIATE on the wire."""

    def _calculate_mic(
        self, session_key: bytes, negotiate: bytes, challenge: bytes, authenticate: bytes
    ) -> bytes:
        # There is no NEGOTIATE that it could cover (MS-NLMP 3.1.5.2.1).
        return super()._calculate_mic(session_key, b"", challenge, authenticate)

    def challenge(self, flags: int, timestamp: bool) -> Challenge:
        """Makes the CHALLENGE (server)."""
        # pyspnego offers what a NEGOTIATE asks for, so it gets one that asks for everything wanted.
        self.step(Negotiate(flags).pack())
        made = self._temp_challenge
        assert made is not None
        if not timestamp:
            # It always puts its clock in, but servers of the day did not.
            info = made.target_info or TargetInfo()
            del info[AvId.timestamp]
            made = Challenge(made.flags, made.server_challenge, made.target_name, info, made.version)
            self._temp_challenge = made
        return made

    def session(self, authenticate: bytes) -> Session:
        """What was agreed on with this AUTHENTICATE."""
        return Session(self._context_attr, self.session_key, announces_mic(authenticate))


def announces_mic(authenticate: bytes) -> bool:
    """Whether an AUTHENTICATE says, under its proof, that it has a MIC."""
    response = Authenticate.unpack(authenticate).nt_challenge_response or b""
    info = NTClientChallengeV2.unpack(response[16:]).av_pairs  # the proof stands before it
    return bool(info.get(AvId.flags, 0) & AvFlags.mic)


class Refused(Exception):
    """An AUTHENTICATE that pyspnego lets pass and a server should not."""


class Peer:
    """Both roles, one handshake at a time."""

    def __init__(self) -> None:
        self.asked: tuple[Connectionless, Challenge] | None = None
        self.agreed: Session | None = None

    def command(self, line: str) -> str:
        """The answer to one line."""
        try:
            match line.split(" ", 4):
                case ["challenge", flags, *options]:
                    return self.challenge(int(flags, 16), options)
                case ["authenticate", octets]:
                    return self.authenticate(unhex(octets))
                case ["answer", octets, domain, user, password]:
                    return self.answer(unhex(octets), "" if domain == "-" else domain, user, password)
                case ["agreed"]:
                    session = self.session()
                    return f"{session.flags:08x} {'mic' if session.mic else 'no-mic'}"
                case ["key"]:
                    return self.session().key.hex()
                case ["sign", sender, text, *strength]:
                    return self.session().sign(sender, unhex(text), *strength).hex()
                case ["verify", sender, text, signature, *strength]:
                    good = self.session().verify(sender, unhex(text), unhex(signature), *strength)
                    return "good" if good else "bad"
            raise ValueError("no such command")
        except Exception as error:  # whatever the other side sent, it gets an answer
            return " ".join(f"error {type(error).__name__}: {error}".split())

    def challenge(self, flags: int, options: list[str]) -> str:
        """Begins a handshake (server)."""
        self.agreed = None
        timestamp = False
        for option in options:
            match option:
                case "ess":
                    flags |= ESS
                case "plain":
                    flags &= ~ESS
                case "timestamp":
                    timestamp = True
                case _:
                    raise ValueError(f"no such option: {option}")
        context = Connectionless(usage="accept")
        challenge = context.challenge(flags, timestamp)
        self.asked = (context, challenge)
        return challenge.pack().hex()

    def authenticate(self, octets: bytes) -> str:
        """Ends a handshake (server).  A challenge can be answered once."""
        self.agreed = None
        if self.asked is None:
            raise ValueError("nothing was asked")
        (context, challenge), self.asked = self.asked, None
        try:
            context.step(octets)
            message = Authenticate.unpack(octets)
            session = context.session(octets)
            # Three things pyspnego does not look at.
            if session.mic and message.mic is None:
                raise Refused("a MIC is announced and not there")
            if message.flags & ~challenge.flags:
                raise Refused(f"flags not offered: {message.flags & ~challenge.flags:08x}")
            if message.flags & NEEDED != NEEDED:
                raise Refused(f"flags missing: {NEEDED & ~message.flags:08x}")
        except (SpnegoError, Refused) as reason:
            return " ".join(f"refused {reason}".split())
        self.agreed = session
        return f"ok {message.domain_name or '-'} {message.user_name}"

    def answer(self, octets: bytes, domain: str, user: str, password: str) -> str:
        """Makes the whole handshake (client)."""
        self.agreed = None
        challenge = Challenge.unpack(octets)
        if AvId.timestamp in (challenge.target_info or {}) and not challenge.flags & NegotiateFlags.version:
            # The MIC stands at 72 (MS-NLMP 2.2.1.3), but pyspnego leaves out an unused version before it.
            raise ValueError("pyspnego misplaces the MIC without NEGOTIATE_VERSION (02000000)")
        name = f"{domain}\\{user}" if domain else user
        context = Connectionless(name, password, "peer.example.test", "sip", usage="initiate")
        context.step()  # its NEGOTIATE, which nobody gets to see
        message = context.step(octets) or b""
        self.agreed = context.session(message)
        return message.hex()

    def session(self) -> Session:
        """What the last handshake ended with."""
        if self.agreed is None:
            raise ValueError("no handshake yet")
        return self.agreed


def unhex(text: str) -> bytes:
    """Octets of the line protocol."""
    return b"" if text == "-" else bytes.fromhex(text)


def user_line(user: str) -> str:
    """A line of pyspnego's user file, with a hash so that a password may hold any character."""
    domain, name, password = user.split(":", 2)
    account = f"{domain}\\{name}" if domain else name
    return f"{account}:0:{'0' * 32}:{crypto.ntowfv1(password).hex()}:[U]:\n"


def main(arguments: list[str]) -> int:
    """Serves, or checks itself."""
    checking = arguments == ["check"]
    if any(argument.startswith("-") for argument in arguments):
        sys.exit(__doc__)
    # The answers of old versions are not accepted, whatever the environment says.
    os.environ["LM_COMPAT_LEVEL"] = "5"
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", suffix=".ntlm") as store:
        if arguments:
            store.writelines(map(user_line, CHECK_USERS if checking else arguments))
            store.flush()
            os.environ["NTLM_USER_FILE"] = store.name
        if checking:
            return check()
        sys.stdin.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
        sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
        peer = Peer()
        for line in sys.stdin:
            print(peer.command(line.rstrip("\r\n")), flush=True)
    return 0


# ---- The check of itself: what follows is not needed for serving.

PASSWORD = "Passw0rd!: \u00e4 \U0001f511"
CHECK_USERS = [f"EXAMPLE:alice:{PASSWORD}", ":bob@example.test:secret"]

# UNICODE, REQUEST_TARGET, SIGN, DATAGRAM, NTLM, ALWAYS_SIGN, TARGET_TYPE_SERVER, TARGET_INFO, VERSION,
# KEY_EXCH
BASE = 0x4282_8255
FORMS = {
    "ESS, 128 bit": BASE | ESS | NegotiateFlags.key_128,
    "ESS, 56 bit": BASE | ESS | NegotiateFlags.key_56,
    "ESS, 40 bit": BASE | ESS,
    "no ESS, 128 offered": BASE | NegotiateFlags.key_128,
    "no ESS, 56 offered": BASE | NegotiateFlags.key_56,
    "no ESS, neither": BASE,
}

# Signed texts of the vectors.
PUBLISHED = (
    b"<NTLM><0878F41B><1><SIP Communications Service><ocs1.ocs.provo.novell.com>"
    b"<8592g5DCBa1694i5887m0D0Bt2247b3F38xAE9Fx><3><REGISTER><sip:gabriel@ocs.provo.novell.com>"
    b"<2947328781><B816D65C2300A32CFA6D371F2AF537FD><900><200>"
)
DIALOG = (
    b"<SIP Communications Service><lcs1.example.test><72558074992e4f2cafb48c6e44b90a0c><1><SUBSCRIBE>"
    b"<sip:alice@example.test><82249b57436d4aa39ec38afa968fa994>"
)
REQUEST = b"<NTLM><009139df><1>" + DIALOG + b"<><>"
REQUEST_V3 = b"<NTLM><009139df><1>" + DIALOG + b"<sip:alice@example.test><><><><>"
RESPONSE = b"<NTLM><EAA5A52F><1>" + DIALOG + b"<6A6C5447><39743><200>"

Result = tuple[str, Any, Any]  # what is looked at, what was found, what it must be


def vectors() -> Iterator[Result]:
    """B1 to B8, from pyspnego's raw parts."""
    plain = Session(BASE, bytes.fromhex("5F029153BC025058969548615E7099BA"))
    signature = plain.sign("server", PUBLISHED, "full")
    yield "B1 signature, no ESS, full", signature.hex(), "0100000000000000bf2e52667ddf6ded"

    nt_hash = crypto.ntowfv1("Passw0rd!")
    bound = crypto.ntowfv2("alice", nt_hash, "EXAMPLE")
    yield "B2 NTOWFv1", nt_hash.hex(), "fc525c9683e8fe067095ba2ddc971889"
    yield "B2 NTOWFv2", bound.hex(), "c85c6789395b678a69c523c158561d3b"

    info = TargetInfo()
    info[AvId.nb_domain_name] = "EXAMPLE"
    info[AvId.nb_computer_name] = "LCS1"
    info[AvId.dns_domain_name] = "example.test"
    info[AvId.dns_computer_name] = "lcs1.example.test"
    nt_response, lm_response, base_key = crypto.compute_response_v2(
        bound, bytes.fromhex("0123456789abcdef"), b"\xaa" * 8, FileTime.unpack(bytes(8)), info)
    yield "B3 proof", nt_response[:16].hex(), "11dd36509717031b0799248ff67a3886"
    yield "B3 LM", lm_response.hex(), "84e6b93ceef08c86a45ce4f121feb094" + "aa" * 8
    yield "B3 base key", base_key.hex(), "cce989da10ad950a6cf1cd7a1474d3d1"

    fives = b"\x55" * 16
    ess = Session(FORMS["ESS, 128 bit"], fives)
    yield "B4 encrypted key", crypto.rc4k(base_key, fives).hex(), "690bae34fdfe442c46b6c479bbdca263"
    for sender, signing, sealing in [
        ("client", "4788dc861b4782f35d43fd98fe1a2d39", "59f600973cc4960a25480a7c196e4c58"),
        ("server", "d04d6f10741041d1d246d64188d7a8ad", "9355f3a957c1583d25c4c2f11e40390e"),
    ]:
        yield f"B4 signing key, {sender}", crypto.signkey(ess.flags, fives, USAGE[sender]).hex(), signing
        yield f"B4 sealing key, {sender}", ess.sealing_key(sender).hex(), sealing

    plain = Session(FORMS["no ESS, 56 offered"], fives)
    for name, session, sender, text, strength, wanted in [
        ("B5 request, ESS", ess, "client", REQUEST, None, "01000000d1e8804f56b39ea664000000"),
        ("B6 request, no ESS, full", plain, "client", REQUEST, "full", "0100000000000000719493ddfad7578a"),
        ("B6 request, no ESS, 56", plain, "client", REQUEST, None, "01000000000000005ef5de7fc6e9bbf0"),
        ("B7 response, ESS", ess, "server", RESPONSE, None, "0100000067a4fbff82454b6864000000"),
        ("B7 response, no ESS, full", plain, "server", RESPONSE, "full", "0100000000000000f2810015fad7578a"),
        ("B8 request of version 3, ESS", ess, "client", REQUEST_V3, None, "01000000a5379d17576dd50664000000"),
    ]:
        yield name, session.sign(sender, text, strength).hex(), wanted


def handshakes() -> Iterator[Result]:
    """Client against server in every form, with and without a MIC, by the line protocol."""
    server, client = Peer(), Peer()
    for form, flags in FORMS.items():
        for option in ["", " timestamp"]:
            challenge = server.command(f"challenge {flags:08x}{option}")
            message = client.command(f"answer {challenge} EXAMPLE alice {PASSWORD}")
            outcome = server.command(f"authenticate {message}")
            key, agreed = server.command("key"), server.command("agreed")
            wanted = f"{flags:08x} {'mic' if option else 'no-mic'}"
            yield f"{form}: handshake{option}", (outcome, agreed), ("ok EXAMPLE alice", wanted)
            same = (client.command("key"), client.command("agreed"))
            yield f"{form}: same key and terms", same, (key, agreed)
            if option:
                # Once more without Connectionless: CHALLENGE, AUTHENTICATE with an empty MIC, nothing else.
                octets = bytes.fromhex(message)
                over = bytes.fromhex(challenge) + octets[:72] + bytes(16) + octets[88:]
                mic = crypto.hmac_md5(bytes.fromhex(key), over)
                yield f"{form}: MIC covers two messages", octets[72:88], mic
        yield from signatures(form, client, server)


def signatures(form: str, client: Peer, server: Peer) -> Iterator[Result]:
    """Signatures of both, after a handshake."""
    text, flags = REQUEST.hex(), FORMS[form]
    strengths = [""] if flags & ESS else ["", " full", " 56", " 40"]
    for sender, maker, taker in [("client", client, server), ("server", server, client)]:
        made = []
        for strength in strengths:
            made.append(maker.command(f"sign {sender} {text}{strength}"))
            outcome = taker.command(f"verify {sender} {text} {made[-1]}{strength}")
            yield f"{form}: signature of the {sender}{strength}", outcome, "good"
        first = made[0]
        yield f"{form}: same of a changed text", taker.command(f"verify {sender} {text}00 {first}"), "bad"
        # Only without ESS is there a pad, and one key for both directions.
        wanted = "bad" if flags & ESS else "good"
        padded = f"{first[:8]}deadbeef{first[16:]}"
        yield f"{form}: same with garbage as pad", taker.command(f"verify {sender} {text} {padded}"), wanted
        other = "server" if sender == "client" else "client"
        yield f"{form}: same as the {other}'s", taker.command(f"verify {other} {text} {first}"), wanted
        if not flags & ESS:
            # Left to itself pyspnego takes 56 bits if they were offered, else 40.
            usual = " 56" if flags & NegotiateFlags.key_56 else " 40"
            yield f"{form}: strength by default{usual}", made.index(first, 1), strengths.index(usual)


def refusals() -> Iterator[Result]:
    """What a server must not let pass."""
    server, client = Peer(), Peer()
    flags = FORMS["ESS, 128 bit"]
    alice = f"EXAMPLE alice {PASSWORD}"

    def attempt(who: str, change: int = 0, bit: int = 0) -> str:
        challenge = server.command(f"challenge {flags:08x} timestamp")
        message = bytearray.fromhex(client.command(f"answer {challenge} {who}"))
        message[change] ^= bit
        return server.command(f"authenticate {message.hex()}")

    yield "user without a domain", attempt("- bob@example.test secret"), "ok - bob@example.test"
    for what, outcome, reason in [
        ("wrong password", attempt("EXAMPLE alice Passw0rd"), "Invalid NTLM response"),
        ("unknown user", attempt("EXAMPLE carol x"), "Failed to find any matching credential"),
        ("changed MIC", attempt(alice, 72, 1), "Invalid MIC"),
        ("changed version", attempt(alice, 64, 1), "Invalid MIC"),
        ("changed flags", attempt(alice, 63, 0x20), "Invalid MIC"),
    ]:
        yield what, outcome.startswith("refused ") and reason in outcome, True
    yield "no key after that", server.command("key"), "error ValueError: no handshake yet"

    # The LM and NT answers of NTLM version 1 are 24 octets each.
    server.command(f"challenge {flags:08x}")
    old = Authenticate(flags, bytes(24), bytes(24), "EXAMPLE", "alice", encrypted_session_key=bytes(16))
    yield "NTLM version 1", "reject NTv1" in server.command(f"authenticate {old.pack().hex()}"), True

    # A client that drops KEY_EXCH, and one that adds SEAL.
    for what, bit in [("missing", NegotiateFlags.key_exch), ("not offered", NegotiateFlags.seal)]:
        challenge = Challenge.unpack(bytes.fromhex(server.command(f"challenge {flags:08x}")))
        challenge.flags ^= bit
        message = client.command(f"answer {challenge.pack().hex()} {alice}")
        yield f"flags {what}", server.command(f"authenticate {message}"), f"refused flags {what}: {bit:08x}"
    yield "answered twice", server.command(f"authenticate {message}"), "error ValueError: nothing was asked"


def check() -> int:
    """Looks at everything and says what is wrong."""
    print(f"pyspnego {PYSPNEGO}, Python {sys.version.split()[0]}")
    failures = count = 0
    for name, part in [("vectors", vectors), ("handshakes", handshakes), ("refusals", refusals)]:
        print(f"{name}:")
        for what, found, wanted in part():
            count += 1
            failures += found != wanted
            print(f"  ok    {what}" if found == wanted else f"  FAIL  {what}: {found}, not {wanted}")
    print(f"{count} checks, {failures} failed")
    return int(failures > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
