"""Society of Interventional Radiology: quality guideline of 2014 and the societies' position statement."""
