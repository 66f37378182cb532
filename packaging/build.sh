#!/usr/bin/env bash
# packaging/build.sh - builds chinwag for packages (Linux) and says how large it became.
#   packaging/build.sh            as small as it gets; OpenSSL is the system's (Debian: apt install libssl-dev pkg-config)
#   packaging/build.sh --static   one file that needs no library of the system: OpenSSL within, and no Kerberos
# Further words go to cargo.
set -euo pipefail
cd "$(dirname "$0")/.."

host=$(rustc -vV | sed -n 's/^host: //p')
# What the loader fills in takes hardly any place when packed (glibc 2.36 and newer read that).
flags="-Clink-arg=-Wl,-z,pack-relative-relocs"
if [ "${1:-}" = --static ]; then
  shift
  kind=static flags="$flags -Ctarget-feature=+crt-static"
else
  kind=small
  export OPENSSL_NO_VENDOR=1
fi
RUSTFLAGS="$flags" cargo build --locked --profile dist --target "$host" --target-dir "target/$kind" "$@"
program=target/$kind/$host/dist/chinwag
echo "$program: $(stat -c %s "$program") octets"
