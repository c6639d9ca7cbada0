"""RAND/UCLA clinical care pathway of 2018: suspicion, imaging, augmentation or not, follow-up."""
