"""A dossier's way up the ladder, the authority's decisions on it, and the life of a certificate."""
