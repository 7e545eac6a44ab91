"""`python -m connectors.trello.sandbox`."""

import sys

from connectors.trello.sandbox.run import main

sys.exit(main())
