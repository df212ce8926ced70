"""Find which models a tree uses, how seriously, and where it was not looked."""
