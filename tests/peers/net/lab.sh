#!/usr/bin/env bash
# lab.sh up                  two machines joined by a cable, each a network namespace without any other
#                            way out: `server` has 10.77.0.1, `client` 10.77.0.2. Prints
#                            "ready SERVER CLIENT" (process ids) and lives until its input ends.
# lab.sh in PID COMMAND...   runs a command on one of them; the command keeps this process id
# On the server's side of the cable, for PID = SERVER:
#   lab.sh cut PID           drop silently whatever comes and goes: a black hole
#   lab.sh heal PID          no more of it
# On the client's side, for PID = CLIENT:
#   lab.sh forget PID        take the client's address away        lab.sh address PID  give it back
#   lab.sh down PID          pull the plug                         lab.sh plug PID     put it in again
# Works for every user where user namespaces are allowed, else for root. Needs nftables, iproute2,
# util-linux.
set -euo pipefail
export PATH=$PATH:/usr/sbin:/sbin
for tool in nft ip nsenter unshare; do
  command -v $tool >/dev/null || { echo "lab.sh: $tool is not installed; run tests/run.sh" >&2; exit 1; }
done
user=(--user --map-root-user)
[ "$(id -u)" = 0 ] && user=()

# Enters the namespaces of a process.
enter() {
  local pid=$1; shift
  if [ "$(id -u)" = 0 ]; then exec nsenter --net --target "$pid" -- "$@"; fi
  exec nsenter --user --preserve-credentials --net --target "$pid" -- "$@"
}

case ${1:-} in
up)
  exec unshare "${user[@]}" --net -- bash -c '
    set -euo pipefail
    unshare --net -- sleep infinity & client=$!
    trap "kill $client" EXIT
    # The child is in a namespace of its own when its link to it differs from ours.
    until [ "$(readlink /proc/$client/ns/net)" != "$(readlink /proc/$$/ns/net)" ]; do :; done
    ip link set lo up
    ip link add name cable type veth peer name plug
    ip link set plug netns $client
    ip addr add 10.77.0.1/24 dev cable
    ip link set cable up
    on_client() { nsenter --net --target $client -- "$@"; }
    on_client ip link set lo up
    on_client ip addr add 10.77.0.2/24 dev plug
    on_client ip link set plug up
    echo "ready $$ $client"
    read -r _ || true' ;;
in) shift; enter "$@" ;;
cut)
  enter "$2" nft 'table inet hole {
    chain in { type filter hook input priority -10; iifname "cable" drop; }
    chain out { type filter hook output priority -10; oifname "cable" drop; }
  }' ;;
heal) enter "$2" nft delete table inet hole ;;
forget) enter "$2" ip addr del 10.77.0.2/24 dev plug ;;
address) enter "$2" ip addr add 10.77.0.2/24 dev plug ;;
down) enter "$2" ip link set plug down ;;
plug) enter "$2" ip link set plug up ;;
*) sed -n '2,14s/^# \{0,1\}//p' "$0"; exit 2 ;;
esac
