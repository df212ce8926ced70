"""Who must answer for a contract, what they said, and what that comes to."""
