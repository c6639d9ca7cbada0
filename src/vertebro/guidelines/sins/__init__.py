"""SINS: the spinal instability neoplastic score, for fractures with a tumour."""
