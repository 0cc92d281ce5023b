"""A sample season: invented producers of real communes on their way to their stars, written, played and checked."""
