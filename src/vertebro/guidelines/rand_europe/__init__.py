"""European RAND/UCLA panel of 2013: when nonsurgical management, and what it did not print."""
