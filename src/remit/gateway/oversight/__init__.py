"""What people decide: calls that wait for them, their votes, how well they look, and what they can stop."""
