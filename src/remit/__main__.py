"""Lets `python -m remit` do what `remit` does."""

import sys

from remit.cli.main import main

sys.exit(main())
