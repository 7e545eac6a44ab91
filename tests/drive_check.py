"""`make drive-check`: the copy in Google Drive, checked by two clients that are not ours, and killed at every step.

Google's own Python client and an unmodified rclone drive the stand-in and read what the sync wrote; then the sync dies
at each of its requests and has to resume. The last line is one JSON document.
"""

import sys

from tests import suites

CHECKS = {
    "google_client": ["tests/contract/google_drive"],
    "rclone": ["tests/integration/drive"],
    "sync": [
        "tests/integration/workers/test_drive_sync.py",
        "tests/integration/workers/test_drive_tampering.py",
        "tests/integration/workers/test_drive_kill.py",
    ],
    "every_step": ["tests/integration/workers/test_drive_crash.py"],
}

if __name__ == "__main__":
    sys.exit(suites.run(CHECKS, sys.argv[1:]))
