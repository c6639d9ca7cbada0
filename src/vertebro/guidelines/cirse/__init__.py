"""Cardiovascular and Interventional Radiological Society of Europe: guideline of 2017, abstract only."""
