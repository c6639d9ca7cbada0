"""The patient's factsheet: plain words, one table of numbers, a page and a tagged PDF."""
