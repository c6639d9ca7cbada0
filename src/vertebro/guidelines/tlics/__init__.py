"""TLICS: the thoracolumbar injury classification and severity score, for injuries."""
