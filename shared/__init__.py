"""What the services share: contracts, mechanism, and the law as data."""
