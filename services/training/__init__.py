"""Training: what a person takes part in: sessions, training, work placements, support actions.

Owns: collective sessions; of each pathway enrolments, attendance, placements, support actions, what is proposed, and
      the activities that follow from them; correspondents (tutors); the formation-action of structures.
Is asked to: plan, correct and cancel sessions; enrol, withdraw, record attendance; plan, correct, renew, end, cancel
             and evaluate placements; report support actions; dismiss proposals; record and correct activities and
             correspondents; forget a correspondent; record what the person says against a fact; record and correct the
             periods of a formation-action and their feedback, and annul the last one.
Reacts to: intake's requests and starts (which pathways there are), receptions (a transfer moves future work),
           restrictions of processing and erasures; diagnostic's planned and settled actions (what is proposed);
           outcomes' exits (what is open is closed).
Publishes: activity-recorded, activity-corrected; session-planned, -corrected, -cancelled; enrolled,
           enrolment-withdrawn; placement-planned, -corrected, -renewed, -ended, -end-corrected, -cancelled, -evaluated,
           -evaluation-corrected; support-reported, support-report-corrected (special- where they aim at health or
           justice); participation-proposed, proposal-closed; training-period-recorded, -corrected;
           action-period-recorded, -corrected; action-feedback-recorded, -corrected; formation-period-annulled.
"""
