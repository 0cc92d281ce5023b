"""The mechanism, once: effects exactly once, order per subject, nothing lost."""
