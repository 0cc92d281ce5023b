"""The published language: envelope, topics and events, with generated JSON Schemas and examples."""
