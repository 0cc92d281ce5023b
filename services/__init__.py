"""The five services; each owns its schema, and none knows another's code."""
