"""What the application needs from outside: a store that keeps the facts, and answers about them.

Each type is imported from its own module: a question needs few of them.
"""
