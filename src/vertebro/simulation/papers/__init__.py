"""Papers we rely on, played again: bodies, the computations, and the rows of published beside ours."""
