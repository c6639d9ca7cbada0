"""Ways in for people and machines: the command line."""
