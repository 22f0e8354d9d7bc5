"""The rules, pure: no store, no clock, no terminal."""
