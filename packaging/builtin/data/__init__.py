"""Deterministic generator of tool-calling cases; `python3 -m data --help` in packaging/builtin."""
