"""The benchmarks, one function each: it makes its data, lets contenders take turns, and holds ratios against goals."""
