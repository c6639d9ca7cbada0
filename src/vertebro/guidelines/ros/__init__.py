"""Royal Osteoporosis Society: the patient page "Surgery for pain relief"."""
