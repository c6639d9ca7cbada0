"""American College of Radiology: Appropriateness Criteria, editions of 2018 and 2022."""
