"""The sequencer: everything from outside enters here, and its admission journal is the record."""
