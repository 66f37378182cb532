#!/usr/bin/env python3
"""compare.py - the screen of chinwag beside other terminal messengers, measured from outside.

Runs one after the other in pseudo-terminals of the same size, with the same harness (tui_measure.py), those
of irssi, weechat, profanity and finch that are installed, and chinwag; prints a table of figures and of
ratios to chinwag. chinwag signs in at its own server on loopback; irssi and weechat at a few lines of IRC
server of this file; the others have no account.

  python3 tests/measure/compare.py target/release/chinwag [--runs 7] [--idle 20] [--json FILE] [--only NAME]
"""
import argparse, json, os, re, shutil, signal, socket, statistics, subprocess, sys, tempfile, threading, time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import tui_measure as tm


class Irc:
    """Lets one client in, and says what it is told to say."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.client = None
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            client, _ = self.listener.accept()
            self.client = client
            threading.Thread(target=self.talk, args=(client,), daemon=True).start()

    def talk(self, client):
        rest, greeted = b"", False
        while True:
            try:
                data = client.recv(4096)
            except OSError:
                return
            if not data:
                return
            *lines, rest = (rest + data).split(b"\n")
            for line in lines:
                words = line.decode("utf-8", "replace").split()
                if not words:
                    continue
                if words[0] == "CAP" and words[1] == "LS":
                    self.say(":s CAP * LS :")
                elif words[0] == "USER" and not greeted:
                    greeted = True
                    self.say(":s 001 me :hello\r\n:s 376 me :end")
                elif words[0] == "PING":
                    self.say(":s PONG s :" + words[-1].lstrip(":"))
                elif words[0] == "JOIN":
                    self.say(f":me!u@h JOIN {words[1]}\r\n:s 353 me = {words[1]} :me bob carol\r\n:s 366 me {words[1]} :end")

    def say(self, text):
        self.client.sendall((text + "\r\n").encode())


class Sip:
    """chinwag's own server, and a second person who writes and changes state."""

    def __init__(self, program, folder):
        self.folder = folder
        users = os.path.join(folder, "users")
        with open(users, "w") as file:
            file.write("".join(f"{name}:plain:secret:{name.title()}\n" for name in ["alice", "bob"]))
        self.server = subprocess.Popen(
            [program, "serve", "--users", users, "--listen", "127.0.0.1:0", "--domain", "example.test"],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.port = re.search(r":(\d+)\s*$", self.server.stdout.readline()).group(1)
        self.env = {"CHINWAG_P": "secret", "XDG_CONFIG_HOME": folder, "XDG_DATA_HOME": folder, "XDG_STATE_HOME": folder}
        os.makedirs(os.path.join(folder, "chinwag"), exist_ok=True)
        with open(os.path.join(folder, "chinwag", "config.toml"), "w") as file:
            file.write(f'[accounts.a]\nuri = "sip:alice@example.test"\nserver = "127.0.0.1:{self.port}"\n'
                       'transport = "tcp"\npassword.env = "CHINWAG_P"\n')
        common = ["--server", f"127.0.0.1:{self.port}", "--transport", "tcp", "--password-env", "CHINWAG_P"]
        env = {**os.environ, **self.env}
        for me, other in [("alice", "bob"), ("bob", "alice")]:
            for act in [["roster", "add"], ["access", "allow"]]:
                subprocess.run([program, "--aor", f"sip:{me}@example.test", "--data-dir", os.path.join(folder, me), *common,
                                *act, f"sip:{other}@example.test"], env=env, check=True,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.bob = subprocess.Popen([program, "--aor", "sip:bob@example.test", "--data-dir", os.path.join(folder, "bob"), *common,
                                     "--json", "say"], env=env, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                                    stderr=subprocess.DEVNULL, text=True)

    def do(self, **act):
        self.bob.stdin.write(json.dumps(act) + "\n")
        self.bob.stdin.flush()

    def end(self):
        for process in (self.bob, self.server):
            process.terminate()
            process.wait(5)


def received(session, act, n):
    """Bytes written for each of n things that arrive."""
    counts = []
    session.drain(0.6, 5)
    for i in range(n):
        act(i)
        got = session.until_quiet(0.25, 5, first=2)
        for _, data in got:
            session.term.feed(data)
        counts.append(sum(len(data) for _, data in got))
    return statistics.median(counts)


def measure(a, argv, env, wait, steps, quit_keys, line=None, state=None):
    a.wait = wait
    out, starts = {}, []
    session = None
    for _ in range(a.runs):
        if session:
            session.close(quit_keys)
        session, start = tm.startup(a, argv, env)
        starts.append(start)
    pick = lambda key: statistics.median([s[key] for s in starts if s.get(key) is not None] or [float("nan")])
    out["first paint, ms"] = round(pick("first_paint_ms"), 1)
    out["start, CPU ms"] = round(pick("cpu_ms"), 1)
    tm.do_steps(session, steps, a)
    keys = tm.key_test(session, a.keys, list("abcdefghijklmnopqrst") + ["\x7f"] * 20, a)
    delay = keys["to_screen_change_ms"] or {"median": None, "p99": None}
    out["key to screen, ms, median"], out["key to screen, ms, p99"] = delay["median"], delay["p99"]
    out["octets a key, median"], out["octets a key, p99"] = keys["bytes_per_key"]["median"], keys["bytes_per_key"]["p99"]
    if line:
        out["octets a received line"] = received(session, line, 8)
    if state:
        out["octets a change of presence"] = received(session, state, 8)
    memory = tm.memory(session.pid)
    out["RSS, MiB"], out["PSS, MiB"] = round(memory["rss_kib"] / 1024, 1), round(memory["pss_kib"] / 1024, 1)
    # While somebody is at the keyboard chinwag looks after its connection more often.
    time.sleep(a.settle)
    session.drain(1, 5)
    idle = tm.idle_test(session, a.idle)
    out["idle, octets a minute"], out["idle, wake-ups a second"] = idle["bytes_per_min"], idle["wakeups_per_s"]
    resize = tm.resize_test(session, 120, 40)
    out["repaint 120x40, octets"] = resize[0]["bytes"]
    out["repaint 80x24, octets"] = resize[1]["bytes"]
    paste = tm.paste_test(session, 200, re.findall(rb"\x1b\[\?2004([hl])", session.raw())[-1:] == [b"h"])
    out["paste of 200, octets"] = paste["bytes"]
    out["screen"] = session.term.text()
    gone = tm.hangup_test(session)
    out["terminal closed: gone after, ms"] = gone["ms"] if gone["left"] else f"stays, {gone['cpu_pct_after']} % CPU"
    out.update(manners(a, argv, env, steps))
    return out


def manners(a, argv, env, steps):
    """Without colours wanted, at tiny sizes, and ended by SIGTERM."""
    session, _ = tm.startup(a, argv, {**env, "NO_COLOR": "1"})
    tm.do_steps(session, steps, a)
    alive = []
    for size in ["40x12", "20x5", "10x3", "1x1", "80x24"]:
        columns, rows = map(int, size.split("x"))
        session.resize(columns, rows)
        session.drain(0.2, 3)
        alive.append(not session.ended())
    end, raw = session.close(None)
    used, restored = tm.terminal_use(raw, end["how"] != "killed")
    left_on = [mode for mode, back in restored.items() if not back]
    return {"NO_COLOR: colours sent": used.get("sgr_color", 0), "alive at 40x12 to 1x1": all(alive),
            "modes left on at SIGTERM": ", ".join(left_on) if end["how"] != "killed" else "does not end"}


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("program")
    p.add_argument("--runs", type=int, default=7)
    p.add_argument("--keys", type=int, default=200)
    p.add_argument("--idle", type=float, default=20)
    p.add_argument("--settle", type=float, default=35, help="seconds without a key before idleness is measured")
    p.add_argument("--json")
    p.add_argument("--only")
    p.add_argument("--screens", action="store_true", help="print the last screen of each")
    a = p.parse_args()
    a.cols, a.rows, a.term, a.timeout, a.no_reply = 80, 24, "xterm-256color", 20, False
    a.quiet_start, a.quiet_key, a.key_timeout, a.key_gap, a.attrs = 0.4, 0.04, 1.0, 0.0, False
    a.program = os.path.abspath(a.program)
    results = {}
    with tempfile.TemporaryDirectory() as folder:
        place = lambda name: os.makedirs(os.path.join(folder, name), exist_ok=True) or os.path.join(folder, name)
        wanted = lambda name: (not a.only or a.only == name) and (name == "chinwag" or shutil.which(name))
        if wanted("chinwag"):
            sip = Sip(a.program, place("chinwag"))
            states = ["away", "busy"]
            try:
                results["chinwag"] = measure(
                    a, [a.program], sip.env, "Online", ["sleep:1", "keys:\\x0b", "keys:bob\\r", "sleep:0.3"], None,
                    line=lambda i: sip.do(do="send", to="sip:alice@example.test", text=f"line number {i}"),
                    state=lambda i: sip.do(do="presence", availability=states[i % 2]))
            finally:
                sip.end()
        irc = Irc()
        heard = dict(line=lambda i: irc.say(f":bob!u@h PRIVMSG #c :line number {i}"),
                     state=lambda i: irc.say(f":carol{i}!u@h JOIN #c"))
        if wanted("irssi"):
            results["irssi"] = measure(
                a, ["irssi", "--home=" + place("irssi"), "-c", "127.0.0.1", "-p", str(irc.port), "-n", "me"], {}, "Irssi|hello",
                ["sleep:1", "keys:/join #c\\r", "sleep:0.5"], None, **heard)
        if wanted("weechat"):
            results["weechat"] = measure(
                a, ["weechat", "-d", place("weechat"), "-r", f"/server add x 127.0.0.1/{irc.port} -notls;/connect x"], {},
                "hello", ["sleep:1", "keys:/join #c\\r", "sleep:0.5"], None, **heard)
        env = {"XDG_CONFIG_HOME": place("profanity"), "XDG_DATA_HOME": place("profanity")}
        if wanted("profanity"):
            results["profanity"] = measure(a, ["profanity"], env, "Profanity", ["sleep:0.5"], None)
        if wanted("finch"):
            results["finch"] = measure(a, ["finch", "-c", place("finch")], {}, ".", ["sleep:1"], None)
    if a.json:
        with open(a.json, "w") as file:
            json.dump(results, file, indent=2)
    print(table(results))
    if a.screens:
        for name, figures in results.items():
            print(f"--- {name}\n{figures['screen']}")


def table(results):
    names = list(results)
    rows = [k for k in dict.fromkeys(k for r in results.values() for k in r) if k != "screen"]
    lines = ["| | " + " | ".join(names) + " |", "| --- |" + " --- |" * len(names)]
    for row in rows:
        cells = []
        for name in names:
            value = results[name].get(row, "-")
            ours = results.get("chinwag", {}).get(row)
            ratio = ""
            if name != "chinwag" and isinstance(value, (int, float)) and isinstance(ours, (int, float)) and ours:
                ratio = f" ({value / ours:.1f}x)"
            cells.append(f"{value}{ratio}")
        lines.append(f"| {row} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


if __name__ == "__main__":
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    main()
