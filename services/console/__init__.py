"""What operators and officers see: where every product stands, live."""
