"""How fast the pipeline is beside the hardware, a plain loop and other packages: make bench."""
