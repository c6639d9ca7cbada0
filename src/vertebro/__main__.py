"""``python -m vertebro`` is the command line."""

from vertebro.interfaces.cli import main

main()
