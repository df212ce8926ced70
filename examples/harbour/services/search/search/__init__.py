"""Finds the reports that resemble a question."""
