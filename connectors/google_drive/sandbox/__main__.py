"""`python -m connectors.google_drive.sandbox`."""

import sys

from connectors.google_drive.sandbox.run import main

sys.exit(main())
