"""Where things lie in the folder of the gateway's state."""

LEDGER = "ledger"
KEPT = "terms"
RUNNING = "running"
PEOPLE = "people"
"""The keys that people are counted with; never copied with the ledger, so that a copy of it links nothing."""
