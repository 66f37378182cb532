#!/usr/bin/env bash
# tests/windows/cross.sh - builds chinwag for Windows (x86_64-pc-windows-gnu) on Debian, and runs it under Wine.
# It installs the Debian packages it needs (as root, or with sudo) and says which.
#   tests/windows/cross.sh setup            fetches and prepares everything; nothing to do when it is there
#   tests/windows/cross.sh cargo ARGS...    cargo for Windows: `cross.sh cargo build --locked`
#   tests/windows/cross.sh run EXE ARGS...  runs a built program under Wine
#   tests/windows/cross.sh reg ARGS...      reg.exe on the registry that those programs see
#   tests/windows/cross.sh settle           waits until Wine has ended and its registry is in its files
# CHINWAG_WINDOWS_CROSS   folder of the compiler and of Wine's prefix (target/windows-cross)
# What is built is in target/windows/x86_64-pc-windows-gnu.
set -euo pipefail
cd "$(dirname "$0")/../.."

home=${CHINWAG_WINDOWS_CROSS:-$PWD/target/windows-cross}
root=$home/root
triple=x86_64-pc-windows-gnu
# The wrapper in /usr/bin complains of 32 bits that nobody here wants.
wine=/usr/lib/wine/wine64
libraries=$root/usr/lib/x86_64-linux-gnu:$root/usr/lib
export WINEPREFIX=$home/prefix WINEARCH=win64 WINEDEBUG=${WINEDEBUG:--all}
# No windows for programs that have none, no questions about browsers and .NET.
export WINEDLLOVERRIDES="${WINEDLLOVERRIDES:-winemenubuilder.exe,mscoree,mshtml=}"
unset DISPLAY WAYLAND_DISPLAY

say() { echo "tests/windows/cross.sh: $*" >&2; }

as_root() {
  if [ "$(id -u)" = 0 ]; then env DEBIAN_FRONTEND=noninteractive "$@"; else sudo env DEBIAN_FRONTEND=noninteractive "$@"; fi
}

packages() {
  local missing=() name
  for name in gcc-mingw-w64-x86-64-posix wine64 wine gcc make perl; do
    dpkg-query -W -f='${Status}' "$name" 2>/dev/null | grep -q 'ok installed' || missing+=("$name")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  say "installing Debian packages: ${missing[*]}"
  as_root apt-get -o DPkg::Lock::Timeout=300 update -qq
  as_root apt-get -o DPkg::Lock::Timeout=300 install -yqq --no-install-recommends "${missing[@]}" >/dev/null
}

# The name of the package among the dependencies of $1 that begins with $2.
dependency() { apt-cache depends "$1" | awk -v begin="$2" '$1 == "Depends:" && index($2, begin) == 1 { print $2; exit }'; }

# No standard library for Windows is to be had from Debian, so it is built from the source of the compiler that
# belongs to it. Both are unpacked, not installed: Debian's packages do not bear others beside them.
compiler() {
  [ ! -e "$root/ready" ] || return 0
  local std llvm names archive sources
  std=$(dependency libstd-rust-web-dev libstd-rust-web-)
  llvm=$(dependency "$std" libllvm)
  names=(rustc-web rust-web-src libstd-rust-web-dev "$std" ${llvm:+"$llvm"})
  say "unpacking Debian packages into $root: ${names[*]}"
  rm -rf "$root" "$home/archives"
  mkdir -p "$root" "$home/archives"
  (cd "$home/archives" && apt-get download -qq "${names[@]}")
  for archive in "$home/archives"/*.deb; do dpkg -x "$archive" "$root"; done
  rm -rf "$home/archives"
  sources=("$root"/usr/src/rustc-*)
  ln -sfn "${sources[0]}" "$root/usr/lib/rustlib/src/rust"
  touch "$root/ready"
}

# Wine 8 has no bcryptprimitives.dll, whose ProcessPrng the standard library wants. This one hands the question on.
# It is for tests only and goes into no package.
stand_in() {
  [ ! -e "$home/bcryptprimitives.dll" ] || return 0
  cat > "$home/bcryptprimitives.c" <<'C'
#include <windows.h>
BOOLEAN NTAPI SystemFunction036(PVOID, ULONG);
__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE bytes, SIZE_T count) { return SystemFunction036(bytes, (ULONG)count); }
C
  x86_64-w64-mingw32-gcc -shared -o "$home/bcryptprimitives.dll" "$home/bcryptprimitives.c" -ladvapi32
}

prefix() {
  [ ! -e "$WINEPREFIX/ready" ] || return 0
  say "preparing Wine in $WINEPREFIX"
  "$wine" wineboot --init >/dev/null
  settle
  touch "$WINEPREFIX/ready"
}

settle() { /usr/lib/wine/wineserver64 --wait; }

setup() {
  mkdir -p "$home"
  packages
  compiler
  stand_in
  prefix
}

cargo_() {
  local word=$1
  shift
  export CARGO_TARGET_DIR=$PWD/target/windows
  export LD_LIBRARY_PATH=$libraries${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
  export RUSTC=$root/usr/bin/rustc RUSTC_BOOTSTRAP=1
  export CARGO_TARGET_X86_64_PC_WINDOWS_GNU_LINKER=x86_64-w64-mingw32-gcc
  exec cargo "$word" -Zbuild-std=std,panic_unwind --target "$triple" "$@"
}

run() {
  cp -u "$home/bcryptprimitives.dll" "$(dirname "$1")/"
  exec "$wine" "$@"
}

case ${1:-} in
  setup) setup ;;
  cargo) shift; cargo_ "$@" ;;
  run) shift; run "$@" ;;
  reg) shift; exec "$wine" reg "$@" ;;
  settle) settle ;;
  *) sed -n '2,10s/^# //p' "$0"; exit 2 ;;
esac
