"""Measure the broken vertebra and its neighbours; what cannot be measured is Unknown(why)."""
