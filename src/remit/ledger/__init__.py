"""What happened: an append-only log in the formats of transparency logs, as bytes that anyone can check."""
