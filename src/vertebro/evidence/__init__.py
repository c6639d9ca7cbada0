"""What trials and cohorts say: pooled effects, harms with denominators, the course without a procedure."""
