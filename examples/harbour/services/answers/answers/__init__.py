"""Answers for the watch: find the reports that matter, and say what they say."""
