"""Intake: who asked for support, was welcomed, started, withdrew; who they are and who advises; which structures.

Owns: structures and within how many days they welcome; persons and what they are called; of each pathway the request
      with its profile, the welcome, the start and the withdrawal; appointments and attempts to reach the person; who
      holds the pathway and who advises; commitment, pauses, transfers; the profile at request, start and exit; waves
      of structures.
Is asked to: register structures; record requests, welcomes, starts and withdrawals; offer, move and settle
             appointments; set a request aside and take it up again; assign advisers and move a caseload; pause and
             transfer; correct each of them; record what the person says against one; identify, find and merge
             persons; restrict the processing of a person's data; hand a person their copy; forget a person;
             announce, archive and erase whom nobody met for long, and read what is archived; open, correct and close
             waves; select, launch and withdraw structures.
Reacts to: exits and reopenings of outcomes (a start may not be corrected to after the exit); erasures done elsewhere;
           contacts of all services (retention, and who was not met for long).
Publishes: structure-registered, pathway-requested, pathway-welcomed, support-started, pathway-withdrawn, and
           their corrections; welcome-delay-set; appointment-offered, -moved, -kept, -missed, -cancelled, -corrected;
           request-set-aside, request-taken-up; adviser-assigned; support-paused, support-resumed, pause-corrected;
           pathway-transferred, pathway-received; profile-recorded, profile-corrected; processing-restricted,
           restriction-lifted; pathway-archived, pathway-reactivated; wave-opened, -corrected, -closed;
           structure-selected, structure-selection-corrected, -withdrawn, structure-launched; and what
           every service publishes of an erasure (shared/people/forgetting.py).
"""
