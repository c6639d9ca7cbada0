"""International Myeloma Working Group: consensus statement on cement in myeloma, 2019."""
