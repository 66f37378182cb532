#!/usr/bin/env python3
"""Drives finch with pidgin-sipe as an independent peer for interop checks.

Everything lives under one scratch directory: the libpurple settings, a private
D-Bus session, a private tmux server. Nothing outside it is read or written.

    finch_peer.py DIR start --server 127.0.0.1:PORT --user alice@lab.example \\
                  --login 'LAB\\alice' --password secret1
    finch_peer.py DIR online                 wait until signed in
    finch_peer.py DIR contacts               name, group, alias and status, one a line
    finch_peer.py DIR wait-contact bob@lab.example busy
    finch_peer.py DIR im bob@lab.example TEXT        send (through D-Bus)
    finch_peer.py DIR type-im bob@lab.example TEXT   send (through the keyboard)
    finch_peer.py DIR history bob@lab.example
    finch_peer.py DIR wait-im bob@lab.example REGEX  wait for a received message
    finch_peer.py DIR typing bob@lab.example on|off|paused
    finch_peer.py DIR status away [NOTE]
    finch_peer.py DIR add bob@lab.example GROUP [ALIAS]
    finch_peer.py DIR remove bob@lab.example
    finch_peer.py DIR block bob@lab.example / allow bob@lab.example
    finch_peer.py DIR send-file bob@lab.example PATH
    finch_peer.py DIR open-files             before take-file
    finch_peer.py DIR take-file PATH         accept the newest offered file
    finch_peer.py DIR close bob@lab.example  close the conversation (BYE)
    finch_peer.py DIR wait-typing bob@lab.example on|off|paused     what bob was seen doing
    finch_peer.py DIR group-of bob@lab.example
    finch_peer.py DIR move bob@lab.example GROUP
    finch_peer.py DIR rename-group GROUP NEWNAME
    finch_peer.py DIR chat-say TEXT          into the newest room
    finch_peer.py DIR chat-wait REGEX        a message received in the newest room
    finch_peer.py DIR chat-people            who is in the newest room, one a line
    finch_peer.py DIR pid                    the process
    finch_peer.py DIR screen                 the terminal as text
    finch_peer.py DIR keys KEY...            tmux key names, e.g. M-n Enter
    finch_peer.py DIR wait-screen REGEX
    finch_peer.py DIR errors                 connection errors (needs start --debug)
    finch_peer.py DIR stop                   sign out, then end every process started here

Needs Debian's finch, pidgin-sipe, tmux, dbus and, where libxml2 is affected, cc.
"""
import argparse
import ctypes
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import time
from xml.sax.saxutils import escape

HERE = pathlib.Path(__file__).resolve().parent
PROTOCOL = "prpl-sipe"
IM, CHAT, OFF, ON, PAUSED = 1, 2, 0, 1, 2
PRIMITIVES = {"available": 2, "busy": 3, "invisible": 4, "away": 5, "extended-away": 6}

ACCOUNT = """<?xml version='1.0' encoding='UTF-8' ?>
<account version='1.0'>
 <account>
  <protocol>{protocol}</protocol>
  <name>{name}</name>
  <password>{password}</password>
  <settings>
   <setting name='server' type='string'>{server}</setting>
   <setting name='transport' type='string'>{transport}</setting>
   <setting name='authentication' type='string'>{auth}</setting>
   <setting name='dont-publish' type='bool'>1</setting>
  </settings>
  <settings ui='gnt-purple'>
   <setting name='auto-login' type='bool'>1</setting>
  </settings>
 </account>
</account>
"""
# Without dont-publish the plug-in looks for a calendar server in the DNS after a minute.

PREFS = """<?xml version='1.0' encoding='UTF-8' ?>
<pref version='1' name='/'>
 <pref name='purple'>
  <pref name='away'>
   <pref name='idle_reporting' type='string' value='none'/>
   <pref name='away_when_idle' type='bool' value='0'/>
   <pref name='auto_reply' type='string' value='never'/>
  </pref>
  <pref name='logging'>
   <pref name='log_ims' type='bool' value='0'/>
   <pref name='log_chats' type='bool' value='0'/>
  </pref>
 </pref>
 <pref name='finch'>
  <pref name='conversations'>
   <pref name='notify_typing' type='bool' value='1'/>
  </pref>
  <pref name='sound'>
   <pref name='method' type='string' value='nosound'/>
  </pref>
 </pref>
</pref>
"""


class Failed(Exception):
    pass


def wait_for(what, check, seconds):
    end = time.monotonic() + seconds
    while True:
        found = check()
        if found:
            return found
        if time.monotonic() > end:
            raise Failed(f"{what}: not seen within {seconds} s")
        time.sleep(0.2)


def libxml2_is_affected():
    """Ask libxml2 to read one element the way pidgin-sipe does."""
    seen = []
    start = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p)(
        lambda *_: seen.append(1))
    table = (ctypes.c_void_p * 32)()
    table[14] = ctypes.cast(start, ctypes.c_void_p)
    table[27] = 0xDEEDBEAF
    ctypes.CDLL("libxml2.so.2").xmlSAXUserParseMemory(table, None, b"<a/>", 4)
    return not seen


class Finch:
    def __init__(self, directory):
        self.dir = pathlib.Path(directory).resolve()
        self.purple = self.dir / "purple"
        self.socket = self.dir / "tmux"

    # --- processes

    def tmux(self, *words, check=True):
        done = subprocess.run(["tmux", "-S", str(self.socket), "-f", "/dev/null", *words],
                              capture_output=True, text=True)
        if check and done.returncode:
            raise Failed(f"tmux {words[0]}: {done.stderr.strip()}")
        return done.stdout

    def start(self, options):
        if self.socket.exists():
            raise Failed("already started in this directory")
        self.purple.mkdir(parents=True, exist_ok=True)
        self.dir.chmod(0o700)
        host = options.server.rsplit(":", 1)[0]
        login = f",{options.login}" if options.login else ""
        (self.purple / "accounts.xml").write_text(ACCOUNT.format(
            protocol=PROTOCOL, name=escape(options.user + login), password=escape(options.password),
            server=escape(options.server), transport=options.transport, auth=options.auth))
        (self.purple / "prefs.xml").write_text(PREFS)
        (self.dir / "name").write_text(options.user + login)
        if options.cert:
            pinned = self.purple / "certificates/x509/tls_peers"
            pinned.mkdir(parents=True, exist_ok=True)
            shutil.copy(options.cert, pinned / host)
        bus = subprocess.run(["dbus-daemon", "--session", "--fork", "--print-address=1", "--print-pid=1",
                              f"--address=unix:path={self.dir}/bus"],
                             capture_output=True, text=True, check=True).stdout.split()
        (self.dir / "bus.address").write_text(bus[0])
        (self.dir / "bus.pid").write_text(bus[1])
        command = ["env", f"HOME={self.dir}", "TERM=screen", "LC_ALL=C.UTF-8",
                   f"DBUS_SESSION_BUS_ADDRESS={bus[0]}"]
        if libxml2_is_affected():
            shim = self.dir / "sax_shim.so"
            subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", str(shim), str(HERE / "sax_shim.c"),
                            "-ldl"], check=True)
            command.append(f"LD_PRELOAD={shim}")
        command += ["finch", "-c", str(self.purple)] + ["-d"] * options.debug
        quoted = " ".join("'" + word.replace("'", "'\\''") + "'" for word in command)
        self.tmux("new-session", "-d", "-s", "finch", "-x", "120", "-y", "40",
                  f"exec {quoted} 2>'{self.dir}/finch.err'")
        wait_for("finch on D-Bus", lambda: self.call("PurpleAccountsGetAll", quiet=True) is not None, 20)

    def stop(self):
        if not (self.dir / "bus.address").exists():
            return
        pids = self.tmux("list-panes", "-a", "-F", "#{pane_pid}", check=False).split()
        self.call("PurpleCoreQuit", quiet=True)  # signs out; the process may linger
        time.sleep(1)
        self.tmux("kill-server", check=False)
        bus = self.dir / "bus.pid"
        pids += bus.read_text().split() if bus.exists() else []
        for pid in map(int, pids):
            if self.is_mine(pid):
                os.kill(pid, signal.SIGKILL)
        for name in ("tmux", "bus", "bus.pid", "bus.address"):
            (self.dir / name).unlink(missing_ok=True)

    def is_mine(self, pid):
        try:
            given = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes()
        except OSError:
            return False
        return str(self.dir).encode() in given

    # --- D-Bus

    def call(self, method, *arguments, quiet=False):
        """Call one libpurple function; numbers go as int32, texts as string."""
        address = self.dir / "bus.address"
        if not address.exists():
            raise Failed("not started")
        words = [f"int32:{a}" if isinstance(a, int) else f"string:{a}" for a in arguments]
        done = subprocess.run(
            ["dbus-send", "--session", "--print-reply", "--dest=im.pidgin.purple.PurpleService",
             "/im/pidgin/purple/PurpleObject", f"im.pidgin.purple.PurpleInterface.{method}", *words],
            env={**os.environ, "DBUS_SESSION_BUS_ADDRESS": address.read_text()},
            capture_output=True, text=True)
        if done.returncode:
            if quiet:
                return None
            raise Failed(f"{method}: {done.stderr.strip()}")
        lines = done.stdout.split("\n", 1)[1].strip() if "\n" in done.stdout else ""
        if lines.startswith("array"):
            return [int(n) for n in re.findall(r"^\s+int32 (-?\d+)", lines, re.M)]
        text = re.match(r'string "(.*)"$', lines, re.S)
        if text:
            return text.group(1)
        number = re.match(r"(?:u?int32|boolean) (-?\w+)", lines)
        return int(number.group(1)) if number and number.group(1).lstrip("-").isdigit() else True

    def account(self):
        return self.call("PurpleAccountsFind", (self.dir / "name").read_text(), PROTOCOL)

    def connection(self):
        return self.call("PurpleAccountGetConnection", self.account())

    def is_online(self):
        return self.call("PurpleAccountIsConnected", self.account()) == 1

    def buddy(self, peer):
        found = self.call("PurpleFindBuddy", self.account(), uri(peer))
        if not found:
            raise Failed(f"no contact {peer}")
        return found

    def contacts(self):
        rows = []
        for buddy in self.call("PurpleFindBuddies", self.account(), ""):
            status = self.call("PurplePresenceGetActiveStatus", self.call("PurpleBuddyGetPresence", buddy))
            rows.append((self.call("PurpleBuddyGetName", buddy).removeprefix("sip:"),
                         self.call("PurpleGroupGetName", self.call("PurpleBuddyGetGroup", buddy)),
                         self.call("PurpleBuddyGetAlias", buddy),
                         self.call("PurpleStatusGetId", status)))
        return sorted(rows)

    def shows(self, peer, status):
        try:
            return any(row[0] == peer and row[3] == status for row in self.contacts())
        except Failed:  # too busy to answer
            return False

    def conversation(self, peer):
        return self.call("PurpleConversationNew", IM, self.account(), uri(peer))

    def history(self, peer):
        rows = []
        for message in reversed(self.call("PurpleConversationGetMessageHistory", self.conversation(peer))):
            flags = self.call("PurpleConversationMessageGetFlags", message)
            mark = ">" if flags & 1 else "<" if flags & 2 else "!"
            rows.append((mark, self.call("PurpleConversationMessageGetMessage", message)))
        return rows

    def typing_state(self, peer):
        return self.call("PurpleConvImGetTypingState", self.call("PurpleConvIm", self.conversation(peer)))

    def room(self):
        """The newest conversation of several people."""
        rooms = self.call("PurpleGetChats")
        if not rooms:
            raise Failed("no room")
        return rooms[-1] if isinstance(rooms, list) else rooms

    def room_history(self):
        rows = []
        for message in reversed(self.call("PurpleConversationGetMessageHistory", self.room())):
            flags = self.call("PurpleConversationMessageGetFlags", message)
            mark = ">" if flags & 1 else "<" if flags & 2 else "!"
            rows.append((mark, self.call("PurpleConversationMessageGetMessage", message)))
        return rows

    def room_people(self):
        chat = self.call("PurpleConvChat", self.room())
        people = self.call("PurpleConvChatGetUsers", chat)
        people = people if isinstance(people, list) else []
        return sorted(self.call("PurpleConvChatCbGetName", one) for one in people)

    def move(self, peer, group):
        known = self.call("PurpleFindGroup", group)
        if not known:
            known = self.call("PurpleGroupNew", group)
            self.call("PurpleBlistAddGroup", known, 0)
        self.call("PurpleBlistAddBuddy", self.buddy(peer), 0, known, 0)

    def set_status(self, kind, note):
        saved = self.call("PurpleSavedstatusNew", f"lab {time.time_ns()}", PRIMITIVES[kind])
        self.call("PurpleSavedstatusSetMessage", saved, note)
        self.call("PurpleSavedstatusActivate", saved)

    def add(self, peer, group, alias):
        known = self.call("PurpleFindGroup", group)
        if not known:
            known = self.call("PurpleGroupNew", group)
            self.call("PurpleBlistAddGroup", known, 0)
        buddy = self.call("PurpleBuddyNew", self.account(), uri(peer), alias)
        self.call("PurpleBlistAddBuddy", buddy, 0, known, 0)
        self.call("PurpleAccountAddBuddy", self.account(), buddy)

    def remove(self, peer):
        buddy = self.buddy(peer)
        self.call("PurpleAccountRemoveBuddy", self.account(), buddy, self.call("PurpleBuddyGetGroup", buddy))
        self.call("PurpleBlistRemoveBuddy", buddy)

    def take_file(self, path):
        offered = [x for x in self.call("PurpleXfersGetAll")
                   if self.call("PurpleXferGetType", x) == 2 and self.call("PurpleXferGetStatus", x) in (0, 1)]
        if not offered:
            raise Failed("no file is offered")
        self.call("PurpleXferRequestAccepted", max(offered), path)

    def open_files(self):
        """Opens the list of files. Without it finch 2.14 dies of taking one: its list, made in that moment, looks at
        the new file before that is ready."""
        self.keys("M-a")
        wait_for("the menu", lambda: "File Transfers" in self.screen(), 5)
        self.keys("Down", "Down", "Down", "Down", "Down", "Enter")
        wait_for("the list of files", lambda: "Clear finished transfers" in self.screen(), 5)

    # --- the terminal

    def screen(self):
        return self.tmux("capture-pane", "-p", "-t", "finch")

    def keys(self, *names):
        for name in names:
            self.tmux("send-keys", "-t", "finch", name)
            time.sleep(0.3)

    def type_im(self, peer, text):
        conversation = self.conversation(peer)
        for _ in range(10):  # Alt-n: to the next window
            if self.call("PurpleConversationHasFocus", conversation):
                break
            self.keys("M-n")
        else:
            raise Failed(f"cannot reach the window of {peer}")
        self.tmux("send-keys", "-t", "finch", "-l", text)
        self.keys("Enter")


def uri(peer):
    return peer if peer.startswith("sip:") else f"sip:{peer}"


def run(finch, options):
    verb, words = options.verb, options.words
    if verb == "start":
        finch.start(options)
    elif verb == "stop":
        finch.stop()
    elif verb == "online":
        wait_for("signed in", finch.is_online, options.seconds)
    elif verb == "contacts":
        for row in finch.contacts():
            print("\t".join(row))
    elif verb == "wait-contact":
        wait_for(" ".join(words), lambda: finch.shows(words[0], words[1]), options.seconds)
    elif verb == "im":
        finch.call("PurpleConvImSend", finch.call("PurpleConvIm", finch.conversation(words[0])), words[1])
    elif verb == "type-im":
        finch.type_im(*words)
    elif verb == "history":
        for mark, text in finch.history(words[0]):
            print(mark, text)
    elif verb == "wait-im":
        print(wait_for(words[1], lambda: next((t for m, t in finch.history(words[0])
                                               if m == "<" and re.search(words[1], t)), None), options.seconds))
    elif verb == "typing":
        state = {"on": ON, "off": OFF, "paused": PAUSED}[words[1]]
        finch.call("ServSendTyping", finch.connection(), uri(words[0]), state)
    elif verb == "status":
        finch.set_status(words[0], " ".join(words[1:]))
    elif verb == "add":
        finch.add(words[0], words[1], words[2] if len(words) > 2 else "")
    elif verb == "remove":
        finch.remove(words[0])
    elif verb in ("block", "allow"):
        finch.call("ServAddDeny" if verb == "block" else "ServRemDeny", finch.connection(), uri(words[0]))
    elif verb == "send-file":
        finch.call("ServSendFile", finch.connection(), uri(words[0]), str(pathlib.Path(words[1]).resolve()))
    elif verb == "open-files":
        finch.open_files()
    elif verb == "take-file":
        finch.take_file(str(pathlib.Path(words[0]).resolve()))
    elif verb == "close":
        finch.call("PurpleConversationDestroy", finch.conversation(words[0]))
    elif verb == "wait-typing":
        state = {"on": ON, "off": OFF, "paused": PAUSED}[words[1]]
        wait_for(" ".join(words), lambda: finch.typing_state(words[0]) == state, options.seconds)
    elif verb == "group-of":
        print(finch.call("PurpleGroupGetName", finch.call("PurpleBuddyGetGroup", finch.buddy(words[0]))))
    elif verb == "move":
        finch.move(*words)
    elif verb == "rename-group":
        finch.call("PurpleBlistRenameGroup", finch.call("PurpleFindGroup", words[0]), words[1])
    elif verb == "chat-say":
        finch.call("PurpleConvChatSend", finch.call("PurpleConvChat", finch.room()), words[0])
    elif verb == "chat-wait":
        print(wait_for(words[0], lambda: next((t for m, t in finch.room_history()
                                               if m == "<" and re.search(words[0], t)), None), options.seconds))
    elif verb == "chat-people":
        for name in finch.room_people():
            print(name)
    elif verb == "pid":
        print(finch.tmux("list-panes", "-a", "-F", "#{pane_pid}").split()[0])
    elif verb == "screen":
        print(finch.screen())
    elif verb == "keys":
        finch.keys(*words)
    elif verb == "wait-screen":
        wait_for(words[0], lambda: re.search(words[0], finch.screen()), options.seconds)
    elif verb == "errors":
        for line in (finch.dir / "finch.err").read_text(errors="replace").splitlines():
            if "Connection error on" in line:
                print(line)
    else:
        raise Failed(f"unknown command {verb}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dir")
    parser.add_argument("verb")
    parser.add_argument("words", nargs="*")
    parser.add_argument("--server", default="127.0.0.1:5060")
    parser.add_argument("--user", default="alice@lab.example")
    parser.add_argument("--login", default="")
    parser.add_argument("--password", default="secret1")
    parser.add_argument("--transport", choices=("tcp", "tls", "auto"), default="tcp")
    parser.add_argument("--auth", choices=("ntlm", "krb5", "tls-dsk", "auto"), default="ntlm")
    parser.add_argument("--cert", help="server certificate (PEM) to trust, for TLS")
    parser.add_argument("--debug", action="store_true", help="keep libpurple's log (opens a debug window)")
    parser.add_argument("--seconds", type=float, default=20)
    options = parser.parse_args()
    try:
        run(Finch(options.dir), options)
    except Failed as problem:
        sys.exit(f"finch_peer: {problem}")


if __name__ == "__main__":
    main()
