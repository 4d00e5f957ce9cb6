"""The site of the demo and the examples: a small Django project on SQLite."""
