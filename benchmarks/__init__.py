"""Benchmarks: this program and its peers, measured in turns on this machine, each ratio beside its goal."""
