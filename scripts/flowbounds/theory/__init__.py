"""Paper A's theory: the kernel, its limit, complexities, conditions, bounds."""
