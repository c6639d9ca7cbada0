"""North American Spine Society: appropriate use criteria and clinical guideline."""
