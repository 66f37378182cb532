#!/usr/bin/env bash
# tests/windows/check.sh - builds chinwag for Windows and tries it under Wine. It fails loudly, and prints the
# time of each step.
#   tests/windows/check.sh           everything
#   tests/windows/check.sh STEP...   these steps only, of a program that is built already: see `steps` below
# The program is built with the profile `dev` without debug information: what is built for the first time takes
# longest, and optimising it would double that. Tools are fetched by `cross.sh`, which says what it installs.
set -euo pipefail
cd "$(dirname "$0")/../.."

cross=tests/windows/cross.sh
exe=target/windows/x86_64-pc-windows-gnu/debug/chinwag.exe
steps=(libraries version misuse settings demo messages registry)

# What a step leaves behind, and files it gives to the program. Under Wine `Z:` is the root of this machine.
work=$(mktemp -d)
children=()
finish() {
  local child
  for child in "${children[@]}"; do kill "$child" 2>/dev/null || true; done
  rm -rf "$work"
}
trap finish EXIT

fail() {
  echo "tests/windows/check.sh: FAILED in $step: $*" >&2
  [ ! -s "$work/out" ] || sed 's/^/  out  /' "$work/out" >&2
  [ ! -s "$work/err" ] || sed 's/^/  err  /' "$work/err" >&2
  exit 1
}

# chinwag CODE ARGS...: runs the program, which must end with this code within a minute.
chinwag() {
  local wanted=$1 code=0
  shift
  timeout 60 "$cross" run "$exe" "$@" >"$work/out" 2>"$work/err" </dev/null || code=$?
  [ "$code" = "$wanted" ] || fail "\`chinwag $*\` ended with $code, not with $wanted"
}

# said out|err WORDS: the last run said so there.
said() { grep -qF -- "$2" "$work/$1" || fail "nothing of \"$2\" in $1"; }

# Waits until a file has a line with these words.
shows() {
  local count
  for count in $(seq 600); do
    ! grep -qsF -- "$2" "$1" || return 0
    sleep 0.1
  done
  cat "$work"/*.out >"$work/out"; cat "$work"/*.err >"$work/err"
  fail "\"$2\" did not come within a minute"
}

setup() { "$cross" setup; }

# Any warning is a failure, also one of an earlier build.
build() {
  local how=(--locked --bin chinwag --config profile.dev.debug=false -Zwarnings --config 'build.warnings="deny"')
  "$cross" cargo build "${how[@]}" || fail "it does not build without a word"
}

# It needs nothing that is not part of Windows.
libraries() {
  local found
  found=$(x86_64-w64-mingw32-objdump -p "$exe" | awk '/DLL Name:/ { print tolower($3) }' | sort -u)
  [ -n "$found" ] || fail "it needs no library at all, which cannot be"
  echo "$found" | grep -E '^(lib|.*(gcc|pthread|ssl|crypto|sqlite))' && fail "these are not part of Windows" || true
}

version() {
  chinwag 0 --version
  said out "system: windows x86_64"
  said out "chinwag $(sed -n '0,/^version = "\(.*\)"/s//\1/p' Cargo.toml)"
}

misuse() {
  chinwag 2 --no-such-option
  said err "--no-such-option"
  # No screen without a terminal.
  chinwag 2 --aor sip:alice@example.test --password-env PATH
}

settings() {
  local file=Z:$work/config.toml
  cp tests/fixtures/configs/valid/empty.toml "$work/config.toml"
  chinwag 0 config check --config "$file"
  said err "is fine"
  cp tests/fixtures/configs/invalid/broken.toml "$work/config.toml"
  chinwag 7 config check --config "$file"
  # Where files are if nobody says so.
  chinwag 0 config path
  said out 'AppData\Roaming\chinwag\config\config.toml'
  chinwag 0 config init --config "Z:$work/new/config.toml"
  chinwag 0 config check --config "Z:$work/new/config.toml"
}

demo() {
  chinwag 0 demo --headless
  said out "signed in again"
}

# in_background NAME ARGS...: its input is the pipe NAME.in, what it says is in NAME.out.
in_background() {
  local name=$1
  shift
  mkfifo "$work/$name.in"
  "$cross" run "$exe" "$@" <>"$work/$name.in" >"$work/$name.out" 2>"$work/$name.err" &
  children+=($!)
}

# A server, somebody who listens, and somebody who writes; then what was kept of it.
messages() {
  printf 'alice:plain:wonderland:Alice\nbob:plain:builder:Bob\n' > "$work/users"
  in_background server serve --users "Z:$work/users" --domain example.test --listen 127.0.0.1:0 --store "Z:$work/kept.json"
  shows "$work/server.out" "listening tcp "
  local at alice bob
  at=$(tr -d '\r' <"$work/server.out" | awk '/^listening tcp / { print $3 }')
  export ALICE=wonderland BOB=builder
  alice=(--aor sip:alice@example.test --password-env ALICE --server "$at" --transport tcp --data-dir "Z:$work/alice")
  bob=(--aor sip:bob@example.test --password-env BOB --server "$at" --transport tcp --data-dir "Z:$work/bob")
  in_background bob listen --json "${bob[@]}"
  shows "$work/bob.out" '"online"'
  in_background alice --plain "${alice[@]}"
  shows "$work/alice.out" "-- signed in"
  echo "/msg bob@example.test hello from Wine" > "$work/alice.in"
  shows "$work/bob.out" "hello from Wine"
  # Two programs do not open one store.
  chinwag 1 history list "${alice[@]}"
  echo "/quit" > "$work/alice.in"
  wait "${children[-1]}" || fail "alice's program ended with $?"
  chinwag 0 history search wine "${alice[@]}"
  said out "hello from Wine"
  ! grep -qa "SQLite format 3" "$work/alice/store.db" || fail "the store is not encrypted"
  # Another text for bob, by another program.
  chinwag 0 send bob@example.test "and once more" "${alice[@]}"
  shows "$work/bob.out" "and once more"
  # A file is written over an old one.
  chinwag 0 roster add carol@example.test "${alice[@]}"
  shows "$work/kept.json" "carol@example.test"
  chinwag 0 roster add dora@example.test "${alice[@]}"
  shows "$work/kept.json" "dora@example.test"
}

# One value of the registry: HIVE\KEY NAME TYPE DATA.
value() { "$cross" reg add "$1" /v "$2" /t "$3" /d "$4" /f >/dev/null || fail "reg add $1 $2"; }

forget() {
  local key
  for key in 'HKLM\Software\Policies\Chinwag' 'HKCU\Software\Policies\Chinwag' \
    'HKLM\Software\Policies\Microsoft\Messenger' 'HKCU\Software\Policies\Microsoft\Messenger'; do
    "$cross" reg delete "$key" /f >/dev/null 2>&1 || true
  done
}

# Policies that were written into the registry by another program.
registry() {
  local ours='Software\Policies\Chinwag' legacy='Software\Policies\Microsoft\Messenger\Client'
  forget
  chinwag 0 policy show
  said out "no policies are set"
  value "HKLM\\$ours" Transport REG_SZ tls
  value "HKCU\\$ours" Transport REG_SZ tcp
  value "HKCU\\$ours" IdleAfter REG_DWORD 600
  value "HKLM\\$ours" AllowedDomains REG_MULTI_SZ 'a.test\0b.test'
  value "HKLM\\$ours\\BlockedDomains" 1 REG_SZ c.test
  value "HKLM\\$ours\\BlockedDomains" 2 REG_SZ d.test
  value "HKLM\\$ours\\Recommended" EnableURL REG_SZ confirm
  value "HKLM\\$ours" DisableIM REG_SZ yes
  value "HKLM\\$ours" PreventFun REG_DWORD 1
  value "HKLM\\$legacy" DisableVideo REG_DWORD 1
  value "HKCU\\$legacy" DisableVideo REG_DWORD 0
  value "HKLM\\$legacy\\{83D4679F-B6D7-11D2-BF36-00C04FB90A03}" DisablePC2PCAudio REG_DWORD 1
  value "HKLM\\$legacy\\{83D4679E-B6D7-11D2-BF36-00C04FB90A03}" DisableFileTransfer REG_DWORD 1
  chinwag 0 policy show
  said out 'Transport = "tls"  managed machine  HKLM\Software\Policies\Chinwag\Transport  ok'
  said out 'Transport = "tcp"  managed user  HKCU\Software\Policies\Chinwag\Transport  overridden'
  said out 'IdleAfter = 600  managed user  HKCU'
  said out 'AllowedDomains = ["a.test", "b.test"]  managed machine'
  said out 'BlockedDomains = ["c.test", "d.test"]  managed machine'
  said out 'EnableURL = "confirm"  recommended machine'
  said out 'DisableIM = true  managed machine  HKLM\Software\Policies\Chinwag\DisableIM  wrong type'
  said out 'unknown; did you mean PreventRun?'
  said out 'DisableVideo = true  managed machine  HKLM\Software\Policies\Microsoft\Messenger\Client\DisableVideo  ok'
  said out 'DisablePC2PCAudio = true  managed machine'
  said out 'it is for another service than SIP'
  # A managed setting cannot be changed.
  printf '[accounts.a]\nuri = "sip:a@example.test"\nserver = "127.0.0.1:1"\n' > "$work/policy.toml"
  chinwag 5 --config "Z:$work/policy.toml" --data-dir "Z:$work/none" --transport tcp send b x
  said err 'set by your organisation: Transport'
  # What the registry's own tool writes is read too.
  "$cross" reg export 'HKLM\Software\Policies\Chinwag' "Z:$work/exported.reg" /y >/dev/null || fail "reg export"
  chinwag 7 policy check "Z:$work/exported.reg"
  said err 'PreventFun: unknown; did you mean PreventRun?'
  # The program does not run where either hive says so, by its new name or by the old one.
  forget
  value "HKCU\\$ours" PreventRun REG_DWORD 1
  chinwag 5 demo --headless
  said err 'set by your organisation: PreventRun (HKCU'
  value "HKLM\\$ours" PreventRun REG_DWORD 0
  chinwag 0 demo --headless
  forget
  value "HKLM\\$legacy" PreventRun REG_DWORD 1
  chinwag 5 demo --headless
  said err 'Messenger\Client\PreventRun'
  forget
  chinwag 0 demo --headless
}

# Runs one step and tells how long it took.
timed() {
  step=$1
  local begin=$EPOCHREALTIME
  "$step"
  printf 'tests/windows/check.sh: %-10s %7.1f s\n' "$step" "$(awk "BEGIN { print $EPOCHREALTIME - $begin }")"
}

[ $# -gt 0 ] || set -- setup build "${steps[@]}"
for step in "$@"; do
  declare -F "$step" >/dev/null || { echo "there is no step $step; there are: setup build ${steps[*]}" >&2; exit 2; }
done
for step in "$@"; do timed "$step"; done
echo "tests/windows/check.sh: all is well"
