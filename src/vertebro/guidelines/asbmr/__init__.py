"""American Society for Bone and Mineral Research: second task force report on augmentation, 2019."""
