"""The wire forms that clients of models speak, one file each."""
