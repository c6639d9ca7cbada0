"""Cochrane review of vertebroplasty for osteoporotic fractures, 2018."""
