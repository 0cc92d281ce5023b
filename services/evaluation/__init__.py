"""Whether a council sat validly, and what its sheets come to."""
