"""International Osteoporosis Foundation: review of both procedures, 2011."""
