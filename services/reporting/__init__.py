"""Reporting: what the events of the four pathway services amount to, per structure, département and nation.

Owns: the read models and the indicators computed from them; and the anonymous copies of forgotten people's pathways.
Is asked for: indicators of a scope and a period, as known at any moment, and by outsiders of fixed periods only,
with small counts withheld; in one's own structure the pathways behind a figure; the pages.
Projects: every public event of intake, diagnostic, training and outcomes.
Publishes: pathway-anonymised, erasure-rewritten.
"""
