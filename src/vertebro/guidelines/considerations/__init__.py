"""What in this patient speaks for or against each path; every reason with its source, none decides."""
