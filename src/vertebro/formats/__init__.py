"""The only rooms that know tags, RAS and LPS, and files: DICOM, NIfTI, label schemes, case files."""
