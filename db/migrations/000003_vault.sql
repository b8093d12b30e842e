-- Password hashes. The application's role can neither read nor write them: it asks functions.

create schema vault authorization troth_vault;
grant usage on schema vault to troth_app;
grant usage on schema public to troth_vault;
grant references, select on address, account to troth_vault;

create table vault.claim_password (
  claim_id    uuid not null,
  claim_state text not null generated always as ('CLAIMED') stored,
  phc         text not null,
  constraint claim_password_pkey primary key (claim_id),
  constraint credential_only_of_a_live_claim foreign key (claim_id, claim_state)
    references address (claim_id, state) on delete cascade,
  constraint claim_password_is_argon2id check (phc ~ '^\$argon2id\$v=19\$m=\d+,t=\d+,p=\d+\$[A-Za-z0-9+/]+\$[A-Za-z0-9+/]+$')
);
comment on constraint credential_only_of_a_live_claim on vault.claim_password is
  'A claim that is locked, activated, superseded, withdrawn or purged cannot leave its password behind.';

create table vault.account_password (
  account_id uuid not null,
  phc        text not null,
  constraint account_password_pkey primary key (account_id),
  constraint credential_only_of_an_account foreign key (account_id) references account (id) on delete cascade,
  constraint account_password_is_argon2id check (phc ~ '^\$argon2id\$v=19\$m=\d+,t=\d+,p=\d+\$[A-Za-z0-9+/]+\$[A-Za-z0-9+/]+$')
);

create function vault.keep_claim_password(p_claim_id uuid, p_phc text) returns void
  language sql security definer set search_path = pg_catalog, pg_temp
as $$
  insert into vault.claim_password (claim_id, phc) values (p_claim_id, p_phc)
$$;

create function vault.forget_claim_password(p_claim_id uuid) returns void
  language sql security definer set search_path = pg_catalog, pg_temp
as $$
  delete from vault.claim_password where claim_id = p_claim_id
$$;

create function vault.promote_claim_password(p_claim_id uuid, p_account_id uuid) returns void
  language sql security definer set search_path = pg_catalog, pg_temp
as $$
  with dormant as (
    delete from vault.claim_password where claim_id = p_claim_id returning phc)
  insert into vault.account_password (account_id, phc) select p_account_id, phc from dormant
$$;

-- Salt and parameters of the password, without the hash.
create function vault.password_recipe(p_claim_id uuid, p_account_id uuid) returns text
  language sql stable security definer set search_path = pg_catalog, pg_temp
as $$
  select substring(phc from '^(.*)\$[^$]*$')
    from (select phc from vault.claim_password where claim_id = p_claim_id
          union all
          select phc from vault.account_password where account_id = p_account_id) as password
   limit 1
$$;

create function vault.claim_password_is(p_claim_id uuid, p_phc text) returns boolean
  language sql stable security definer set search_path = pg_catalog, pg_temp
as $$
  select exists (select from vault.claim_password where claim_id = p_claim_id and phc = p_phc)
$$;

create function vault.account_password_is(p_account_id uuid, p_phc text) returns boolean
  language sql stable security definer set search_path = pg_catalog, pg_temp
as $$
  select exists (select from vault.account_password where account_id = p_account_id and phc = p_phc)
$$;

alter table vault.claim_password owner to troth_vault;
alter table vault.account_password owner to troth_vault;
alter function vault.keep_claim_password(uuid, text) owner to troth_vault;
alter function vault.forget_claim_password(uuid) owner to troth_vault;
alter function vault.promote_claim_password(uuid, uuid) owner to troth_vault;
alter function vault.password_recipe(uuid, uuid) owner to troth_vault;
alter function vault.claim_password_is(uuid, text) owner to troth_vault;
alter function vault.account_password_is(uuid, text) owner to troth_vault;

revoke all on all functions in schema vault from public;
grant execute on all functions in schema vault to troth_app;
