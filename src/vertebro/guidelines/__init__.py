"""Guidelines as rules: one recommendation is one class, one body is one folder, the decision combines them.

A new body is a folder with ``rules.py`` (its rules and a ``body``), ``values.yaml`` (its numbers),
``cases.yaml`` (each rule met, not met and unknown) and ``text.en.yaml`` (its sentences). It is
found by lying there, and is shown beside the others with its conflicts; it makes the stance only
once the setting ``deciding_bodies`` names it.
"""
