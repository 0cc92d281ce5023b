"""The law as data: acts in force, their ladders and criteria sets, loaded and proven sound at start."""
