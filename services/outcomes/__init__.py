"""Outcomes: how a person left, and where they stand months later.

Owns: of each pathway the exit with its derived class, its reopening, and the follow-ups at 3, 6 and 12 months.
Is asked to: record exits and follow-ups; correct each of them; reopen a pathway; record what the
             person says against any of it.
Reacts to: intake's requests and starts (an exit needs a start), restrictions of processing and erasures.
Publishes: support-exited, exit-reopened, follow-up-recorded, and corrections; situations that reveal health or
           justice under names of their own.
"""
