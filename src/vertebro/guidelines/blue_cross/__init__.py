"""Blue Cross: a payer whose policy asks for weeks of failed conservative treatment."""
