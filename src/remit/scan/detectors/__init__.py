"""One file for each way a model shows itself."""
