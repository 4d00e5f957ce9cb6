"""The project's own benchmarks: `make bench`, and docs/explanation/performance.md for what the numbers mean."""
