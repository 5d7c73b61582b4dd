"""Numbers measured on a scan: volumes, asymmetry, the heart's function, the brain's share of the intracranial volume."""
