"""The patient: images in one frame, the spine, the clinical record, the case; and a synthetic one."""
