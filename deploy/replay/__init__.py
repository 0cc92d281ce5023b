"""State built anew from the log, beside the live one, and compared with it."""
