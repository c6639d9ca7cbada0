"""The words of the house: levels, grades, facts, units, cited values, Known and Unknown."""
