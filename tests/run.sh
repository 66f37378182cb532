#!/usr/bin/env bash
# tests/run.sh - passes every test of chinwag on a fresh Debian machine with Rust.
# It installs the Debian packages the tests need (as root, or with sudo) and says which.
#   tests/run.sh          everything
#   tests/run.sh quick    without the checks of style and documentation
set -euo pipefail
cd "$(dirname "$0")/.."

# package:command that shows it is there
needed=(
  kamailio:kamailio kamailio-presence-modules: kamailio-tls-modules: kamailio-outbound-modules:
  sip-tester:sipp baresip-core:baresip dnsmasq-base:dnsmasq finch:finch pidgin-sipe: dbus:dbus-daemon dbus-bin:dbus-send
  krb5-kdc:krb5kdc krb5-admin-server:kadmin.local krb5-user:kinit python3-gssapi:
  tmux:tmux screen:screen openssl:openssl python3:python3 python3-venv: python3-pyte: gcc:cc make:make perl:perl procps:ps
  iproute2:ip nftables:nft util-linux:nsenter strace:strace
  libxml2-utils:xmllint python3-jsonschema: python3-samba: clamav-daemon:clamd
)
missing=()
for item in "${needed[@]}"; do
  dpkg-query -W -f='${Status}' "${item%%:*}" 2>/dev/null | grep -q 'ok installed' || missing+=("${item%%:*}")
done
if [ ${#missing[@]} -gt 0 ]; then
  echo "tests/run.sh: installing Debian packages: ${missing[*]}"
  as=(); [ "$(id -u)" = 0 ] || as=(sudo)
  "${as[@]}" env DEBIAN_FRONTEND=noninteractive apt-get update -q
  "${as[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -yq --no-install-recommends "${missing[@]}"
fi
export PATH=$PATH:/usr/sbin

# pyspnego, from PyPI, in an environment of its own: the other implementation of NTLM.
ntlm=target/ntlm-peer
if ! cmp -s tests/peers/ntlm/requirements.txt "$ntlm/requirements.txt"; then
  echo "tests/run.sh: installing from PyPI into $ntlm: $(grep -v '^#' tests/peers/ntlm/requirements.txt | tr '\n' ' ')"
  rm -rf "$ntlm"
  /usr/bin/python3 -m venv "$ntlm"
  "$ntlm/bin/pip" install --quiet --disable-pip-version-check -r tests/peers/ntlm/requirements.txt
  cp tests/peers/ntlm/requirements.txt "$ntlm/"
fi

if [ "${1:-}" != quick ]; then
  cargo fmt --check
  cargo clippy --locked --all-targets -- -D warnings
  RUSTDOCFLAGS="-D warnings" cargo doc --locked --no-deps --document-private-items
fi
if cargo nextest --version >/dev/null 2>&1; then
  cargo nextest run --locked --no-fail-fast
  cargo test --locked --doc
else
  cargo test --locked --no-fail-fast
fi
# Ten thousand schedules of faults; the run above had some hundred of them.
if [ "${1:-}" != quick ]; then
  CHINWAG_SCHEDULES=1000 cargo test --locked --profile weather --test it weather::
fi
