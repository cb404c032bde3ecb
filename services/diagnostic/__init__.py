"""Diagnostic: where a person stands, what they want, what is in the way, and the plan they agreed to.

Owns: of each pathway the diagnostics with their remobilisation score, the action plans agreed, the barriers
      with their intensity at each assessment.
Is asked to: record diagnostics, agreed plans and barrier assessments; correct each of them;
             record what the person says against one.
Reacts to: intake's requests and starts (which pathways there are), restrictions of processing and erasures.
Publishes: diagnostic-completed, plan-agreed, barrier-assessed, and their corrections; assessments of health and
           justice under names of their own.
"""
