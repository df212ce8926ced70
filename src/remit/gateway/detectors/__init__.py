"""Detectors: what a text looks like, as a signal with known errors; a score may hold something, and never permits."""
