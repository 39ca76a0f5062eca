"""Data: populations and image sets, what a repeat draws from them, and the interpolation."""
