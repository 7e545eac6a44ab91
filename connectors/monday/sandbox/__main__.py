"""`python -m connectors.monday.sandbox`."""

import sys

from connectors.monday.sandbox.run import main

sys.exit(main())
