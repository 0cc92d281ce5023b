"""Which certificates were valid on a day, as was known at the end of another (`./ocop register`)."""
