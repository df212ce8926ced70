"""What statements say: one file for each predicate, with its JSON Schema beside it."""
