"""Authors of trials and series, and the maker of the balloon: what they say, and no position."""
