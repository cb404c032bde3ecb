"""Diagnostic: where a person stands, what they want, what is in the way, and the plan they agreed to.

Owns: of each pathway the diagnostics with their remobilisation score and their bilan (strengths and wishes), the
      barriers with their intensity at each assessment, the action plans agreed and revised, and what became of
      their actions.
Is asked to: record diagnostics, bilans, barrier assessments and agreed plans, and correct each of them; revise a plan;
             settle and reopen its actions; make the page that the person keeps; say how far they have come; record
             what the person says against a fact.
Reacts to: intake's requests and starts (which pathways there are; a start opens a diagnostic), training's reports of
           support actions (a lifted barrier settles the actions that aim at it), outcomes' exits and reopenings,
           restrictions of processing and erasures.
Publishes: diagnostic-opened, opening-closed, diagnostic-completed, plan-agreed, plan-revised, action-planned,
           action-settled, action-reopened, barrier-assessed, and their corrections; actions and assessments of health
           and justice under names of their own. A bilan is published to nobody.
"""
