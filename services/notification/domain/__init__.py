"""Who hears of what: pure values and decisions."""
