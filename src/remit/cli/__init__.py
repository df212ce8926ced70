"""The command line: one file a command, the wiring, and the only reader of the clock."""
