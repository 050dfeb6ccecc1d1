"""Benchmarks: what Mewayz costs on this machine, against limits and peers in the same run. See README.md."""
