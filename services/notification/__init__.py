"""Who hears of a fact, in what words, and whether the receiving mail server took it."""
