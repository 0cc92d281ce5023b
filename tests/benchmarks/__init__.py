"""Benchmarks: ratios within one run, on real servers; `./ocop bench`."""
