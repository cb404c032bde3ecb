-- As shared/kernel/migrations/0019.parallel-policies.sql, for the read models' own.

alter function read_model_a.counts(uuid) parallel safe;
alter function read_model_b.counts(uuid) parallel safe;
