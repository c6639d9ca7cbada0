"""AO Spine and DGOU: the OF classification and the OF score of the pocket card."""
