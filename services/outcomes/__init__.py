"""Outcomes: where a person stands during support, how they left, and where they stand months later.

Owns: of each pathway the jobs and other situations over time and the support that goes on in a job; the exit with its
      reason and its derived class, its reopening; the follow-ups at 3, 6 and 12 months with the attempts at them;
      employers' contacts.
Is asked to: record each of these and correct it; end a situation; reopen a pathway; record what the person says
             against any of it; tell which follow-ups are due, which contracts end or ended without news, who is in
             employment, who left lately.
Reacts to: intake's requests and starts (an exit needs a start), its advisers and transfers (what is due moves with the
           person), restrictions of processing and erasures.
Publishes: situations, support in employment, support-exited, exit-reopened, follow-ups, attempts, and corrections;
           what reveals health or justice under names of its own.
"""
