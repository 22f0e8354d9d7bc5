"""What stands, and what stood at a position: conditions of many questions."""

from __future__ import annotations

# What still stands has this in `recorded_to`; spelled out, so that the partial indexes are used.
STANDS = "recorded_to = 9223372036854775807"
KNOWN = "recorded_from <= :known AND recorded_to > :known"

# Numbers, or names, given as one JSON array: each store takes it apart in its own words.
AMONG_NUMBERS = "(SELECT value FROM json_each(:numbers))"
AMONG_NAMES = "(SELECT value FROM json_each(:names))"
