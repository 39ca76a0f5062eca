"""Running: configuration, files, provenance, progress, times, failures. Knows nothing of the rest."""
