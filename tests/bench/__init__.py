"""Benchmarks: ratios against named peers, measured in one run. Not tests: nothing here fails a build."""
