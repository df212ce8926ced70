"""Reports that a person reads, completes and signs."""
