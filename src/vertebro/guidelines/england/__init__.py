"""England: commissioning policy (Humber and North Yorkshire) and Evidence-Based Interventions."""
