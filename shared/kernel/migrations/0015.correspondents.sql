-- Tutors, employers' contacts and others (shared/people/correspondents.py): listed by structure, and forgotten one by one.

create index on events (structure, position) where name = 'correspondent.recorded';
