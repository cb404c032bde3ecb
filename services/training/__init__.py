"""Training: what a person took part in: workshops, training, work placements, support actions.

Owns: of each pathway the activities with their hours and whether they were completed.
Is asked to: record activities; correct them.
Reacts to: intake's requests and starts (which pathways there are).
Publishes: activity-recorded, activity-corrected.
"""
