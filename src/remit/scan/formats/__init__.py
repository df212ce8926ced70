"""The forms a report is printed in, one file each."""
