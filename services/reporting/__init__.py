"""Reporting: what the events of the four pathway services amount to, per structure, département and nation.

Owns: the read models and the indicators computed from them; no fact of its own.
Is asked for: indicators of a scope and a period, as known at any moment; the pages.
Projects: every public event of intake, diagnostic, training and outcomes.
"""
