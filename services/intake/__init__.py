"""Intake: who asked for support, was welcomed, started, withdrew; who they are; and which structures take part.

Owns: structures; persons and what they are called; of each pathway the request with its profile, the welcome, the
      start and the withdrawal.
Is asked to: register structures; record requests, welcomes, starts and withdrawals; correct each of them; record
             what the person says against one; identify, find and merge persons; restrict the
             processing of a person's data; hand a person their copy; forget a person; announce, archive
             and erase whom nobody met for long, and read what is archived.
Reacts to: exits and reopenings of outcomes (a start may not be corrected to after the exit); erasures done elsewhere;
           contacts of all services (retention).
Publishes: structure-registered, pathway-requested, pathway-welcomed, support-started, pathway-withdrawn, and
           their corrections; processing-restricted, restriction-lifted; pathway-archived, pathway-reactivated;
           and what every service publishes of an erasure (shared/forgetting.py).
"""
