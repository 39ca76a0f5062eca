"""Networks: stacks of them, their training, the flow they make, and distances of samples."""
