"""Arrays in, arrays out: numpy, scipy and numba only; no patient, no files, no words."""
