"""`python -m mrifoundation` is the command line."""

import sys

from mrifoundation.cli import main

sys.exit(main())
