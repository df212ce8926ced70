"""Statements that others can check: what was looked at and found, signed, and verified without us."""
