"""The words of every notice, in Vietnamese."""
