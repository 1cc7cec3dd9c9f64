"""A program of its own that judges a round by what went in and what came out: `python -m tests.chaos.verifier`.

It shares no code with the platform. What must be there follows from the input topics by the design alone.
"""
