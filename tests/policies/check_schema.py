"""Holds values against the schema of files of policies.

    check_schema.py SCHEMA < CASES

CASES: a JSON list of [document, whether it fits]. Says which do otherwise, and ends with 1 if any does.
"""

import json
import sys

from jsonschema import Draft202012Validator

schema = json.load(open(sys.argv[1], encoding="utf-8"))
Draft202012Validator.check_schema(schema)
validator = Draft202012Validator(schema)
wrong = [
    f"{document}: {'refused' if fits else 'taken'}"
    for document, fits in json.load(sys.stdin)
    if validator.is_valid(document) != fits
]
print("\n".join(wrong))
sys.exit(1 if wrong else 0)
