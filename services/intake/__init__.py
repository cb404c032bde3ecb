"""Intake: who asked for support, was welcomed, started, withdrew; and which structures take part.

Owns: structures, and of each pathway the request with its profile, the welcome, the start and the withdrawal.
Is asked to: register structures; record requests, welcomes, starts and withdrawals; correct each of them.
Reacts to: exits and reopenings of outcomes (a start may not be corrected to after the exit).
Publishes: structure-registered, pathway-requested, pathway-welcomed, support-started, pathway-withdrawn, and
           their corrections.
"""
