"""American Academy of Orthopaedic Surgeons: guideline of 2010 on osteoporotic compression fractures."""
