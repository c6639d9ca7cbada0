"""Recommendations as rules: one recommendation = one class; decision.py combines them."""
