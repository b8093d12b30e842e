-- The three roles of a Troth database. Run it as a superuser, connected to the database Troth is to use; it may be run
-- again. Then set passwords:  alter role troth_owner password '…';  alter role troth_app password '…';
--   troth_owner  owns the schema and runs migrations (DATABASE_OWNER_URL)
--   troth_app    is what the service connects as (DATABASE_URL)
--   troth_vault  owns password hashes; nobody logs in as it

do $$
begin
  if not exists (select from pg_roles where rolname = 'troth_owner') then
    create role troth_owner login;
  end if;
  if not exists (select from pg_roles where rolname = 'troth_app') then
    create role troth_app login;
  end if;
  if not exists (select from pg_roles where rolname = 'troth_vault') then
    create role troth_vault nologin;
  end if;
end
$$;

grant troth_vault to troth_owner;

-- For connections that come through a pooler too, which drops settings of its clients.
alter role troth_app set statement_timeout = '5s';
alter role troth_app set lock_timeout = '1s';
alter role troth_app set idle_in_transaction_session_timeout = '5s';

do $$
begin
  execute format('alter database %I owner to troth_owner', current_database());
  execute format('revoke all on database %I from public', current_database());
  execute format('grant connect on database %I to troth_app', current_database());
end
$$;

alter schema public owner to troth_owner;
revoke all on schema public from public;
grant usage on schema public to troth_app, troth_vault;
