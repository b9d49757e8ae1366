"""What the stack costs, as ratios within one run: `make bench`."""
