"""`make audit-check`: what an auditor is given, checked by others' vectors, by others' code, and byte by byte.

The published vectors; every byte of a bucket and of each kind of proof altered, one at a time; the Go project's own
notes and trees reading what we publish, and OpenSSL its time-stamps; witnesses; the auditor's walk as its page has it.
The last line is one JSON document, which counts the bytes that were altered.
"""

import sys

from tests import suites

CHECKS = {
    "vectors": [
        "tests/unit/store/test_note.py",
        "tests/unit/store/test_checkpoint.py",
        "tests/unit/store/test_merkle.py",
        "tests/unit/store/test_proof.py",
        "tests/unit/store/test_verify.py",
        "tests/unit/store/test_vectors.py",
    ],
    "corruption": ["tests/unit/store/test_corruption.py"],
    "interop": ["tests/integration/audit", "tests/integration/workers/test_timestamps.py"],
    "witnesses": ["tests/integration/workers/test_witnesses.py"],
    "walk": ["tests/acceptance/test_audit_walk.py", "tests/acceptance/test_keeping.py"],
}

if __name__ == "__main__":
    sys.exit(suites.run(CHECKS, sys.argv[1:]))
