"""Sentences, figures and pages: the only input of a report is an Assessment."""
