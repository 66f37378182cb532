"""Writes a Registry.pol with Samba's own library (python3-samba of Debian).

    write_pol.py OUT < INSTRUCTIONS

INSTRUCTIONS: a JSON list of [key, name, type, data]; data is a number for DWORD, a text for SZ and EXPAND_SZ, a list
of texts for MULTI_SZ, hexadecimal digits for BINARY.
"""

import json
import sys

from samba.dcerpc import misc, preg
from samba.ndr import ndr_pack, ndr_unpack

TYPES = {
    "DWORD": misc.REG_DWORD,
    "SZ": misc.REG_SZ,
    "EXPAND_SZ": misc.REG_EXPAND_SZ,
    "MULTI_SZ": misc.REG_MULTI_SZ,
    "BINARY": misc.REG_BINARY,
}


def entry(key, name, kind, data):
    one = preg.entry()
    one.keyname, one.valuename, one.type = key, name, TYPES[kind]
    if kind == "MULTI_SZ":
        one.data = "".join(text + "\0" for text in data + [""]).encode("utf-16-le")
    elif kind == "BINARY":
        one.data = bytes.fromhex(data)
    else:
        one.data = data
    return one


entries = [entry(*instruction) for instruction in json.load(sys.stdin)]
pol = preg.file()
pol.header.signature, pol.header.version = "PReg", 1
pol.num_entries, pol.entries = len(entries), entries
octets = ndr_pack(pol)
assert ndr_unpack(preg.file, octets).num_entries == len(entries)
open(sys.argv[1], "wb").write(octets)
