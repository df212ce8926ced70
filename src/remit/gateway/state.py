"""Where things lie in the folder of the gateway's state."""

LEDGER = "ledger"
KEPT = "terms"
RUNNING = "running"
