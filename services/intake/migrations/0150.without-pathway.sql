-- Who was identified, so that those of whom no pathway tells are found (services/intake/contacts.py).

create index on events (person) where name = 'intake.person-identified';
