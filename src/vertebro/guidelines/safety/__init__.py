"""The safety gates: what stops a procedure before any recommendation is asked."""
