"""Training: what a person took part in: workshops, training, work placements, support actions.

Owns: of each pathway the activities with their hours and whether they were completed.
Is asked to: record activities; correct them; record what the person says against one.
Reacts to: intake's requests and starts (which pathways there are), restrictions of processing and erasures.
Publishes: activity-recorded, activity-corrected.
"""
