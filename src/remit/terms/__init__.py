"""What was agreed: terms read from files, and the one judge that holds a use of a model against them."""
