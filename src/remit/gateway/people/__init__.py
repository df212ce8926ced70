"""People: how many distinct people a use touches, as an interval, without anybody being written down."""
