"""National Institute for Health and Care Excellence: technology appraisal TA279."""
