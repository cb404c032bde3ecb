-- What the policies ask only reads: a question over everybody may be shared out among processes.
alter function supports(uuid) parallel safe;
alter function supports_person(uuid) parallel safe;
alter function keeps(uuid) parallel safe;
