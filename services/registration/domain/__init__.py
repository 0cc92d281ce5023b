"""Admission: who may say what, what must be known before, and what follows from an admitted fact."""
