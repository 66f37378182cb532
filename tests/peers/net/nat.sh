#!/usr/bin/env bash
# nat.sh up SECONDS   three machines, each a network namespace: `server` is 10.99.2.2; `client` is 10.99.1.2
#                     behind a NAT that is 10.99.2.1 to the server, lets nothing new in, and forgets a
#                     connection, UDP or TCP, after so many seconds of silence. There is no other way out.
#                     Prints "ready SERVER CLIENT" (process ids) and lives until its input ends.
# Commands are run on server and client by `lab.sh in`.
# Works for every user where user namespaces are allowed, else for root. Needs nftables, iproute2,
# util-linux, procps.
set -euo pipefail
export PATH=$PATH:/usr/sbin:/sbin
for tool in nft ip nsenter unshare sysctl; do
  command -v $tool >/dev/null || { echo "nat.sh: $tool is not installed; run tests/run.sh" >&2; exit 1; }
done
[ "${1:-}" = up ] && [ $# = 2 ] || { sed -n '2,9s/^# \{0,1\}//p' "$0"; exit 2; }
user=(--user --map-root-user)
[ "$(id -u)" = 0 ] && user=()

exec unshare "${user[@]}" --net -- bash -c '
  set -euo pipefail
  new() {
    unshare --net -- sleep infinity & pid=$!
    # The child is in a namespace of its own when its link to it differs from ours.
    until [ "$(readlink /proc/$pid/ns/net)" != "$(readlink /proc/$$/ns/net)" ]; do :; done
  }
  new; client=$pid
  trap "kill $client" EXIT
  new; nat=$pid
  trap "kill $client $nat" EXIT
  on() { nsenter --net --target "$@"; }
  join() { # our end there, their end here
    on $nat -- ip link add name $1 type veth peer name plug
    on $nat -- ip link set plug netns $2
    on $nat -- ip addr add $3/24 dev $1
    on $nat -- ip link set $1 up
    on $2 -- ip addr add $4/24 dev plug
    on $2 -- ip link set plug up
    on $2 -- ip link set lo up
  }
  join inside $client 10.99.1.1 10.99.1.2
  join outside $$ 10.99.2.1 10.99.2.2
  on $client -- ip route add default via 10.99.1.1
  on $nat -- sysctl -qw net.ipv4.ip_forward=1
  on $nat -- nft "table inet nat {
    chain forward { type filter hook forward priority 0; ct state invalid drop; iifname outside ct state new drop; }
    chain out { type nat hook postrouting priority 100; oifname outside meta l4proto { tcp, udp } masquerade to :20000-29999; oifname outside masquerade; }
  }"
  on $nat -- sysctl -qw net.netfilter.nf_conntrack_tcp_loose=0 \
    net.netfilter.nf_conntrack_tcp_timeout_established=$1 \
    net.netfilter.nf_conntrack_udp_timeout=$1 net.netfilter.nf_conntrack_udp_timeout_stream=$1
  echo "ready $$ $client"
  read -r _ || true' nat "$2"
