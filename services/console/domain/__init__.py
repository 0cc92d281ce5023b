"""Where a product stands, as told by every topic: pure values and functions."""
