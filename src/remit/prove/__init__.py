"""Exact answers about the terms themselves, without a solver: whether a boundary holds, and what a change changes."""
