-- Run once, by psql, when the volume is made: for each service a database, the role that owns it (migrations) and
-- the role that may connect to it and nothing more (what else it may do, the migrations grant).

\getenv intake INTAKE_PASSWORD
\getenv intake_owner INTAKE_OWNER_PASSWORD
\getenv diagnostic DIAGNOSTIC_PASSWORD
\getenv diagnostic_owner DIAGNOSTIC_OWNER_PASSWORD
\getenv training TRAINING_PASSWORD
\getenv training_owner TRAINING_OWNER_PASSWORD
\getenv outcomes OUTCOMES_PASSWORD
\getenv outcomes_owner OUTCOMES_OWNER_PASSWORD
\getenv reporting REPORTING_PASSWORD
\getenv reporting_owner REPORTING_OWNER_PASSWORD

-- Every cell is a command, executed one after the other.
select format('create role %I login password %L', service, password),
       format('create role %I login password %L', service || '_owner', owner_password),
       format('create database %I owner %I template template0 encoding ''UTF8'' locale ''C'' '
              'locale_provider builtin builtin_locale ''C.UTF-8''', service, service || '_owner'),
       format('revoke all on database %I from public', service),
       format('grant connect on database %I to %I', service, service)
  from (values
    ('intake', :'intake', :'intake_owner'),
    ('diagnostic', :'diagnostic', :'diagnostic_owner'),
    ('training', :'training', :'training_owner'),
    ('outcomes', :'outcomes', :'outcomes_owner'),
    ('reporting', :'reporting', :'reporting_owner')
  ) given(service, password, owner_password)
\gexec

revoke all on database postgres, template1 from public;
