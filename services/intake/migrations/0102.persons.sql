-- Whose the requests are: who is found in a structure (services/intake/application.py).

alter table requests add column person uuid;
create index on requests (structure, person);
create index on requests (person);
