"""Running: configuration, files, provenance, progress, times, failures. Stands alone."""
