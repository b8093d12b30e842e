-- Accounts get another address. It is proven by a code that is mailed to it; the former one is told, and can take the change
-- back for seven days.

-- A proven address becomes ACTIVE at once, also in the place of a claim that somebody pends on it.
insert into trust_transition (from_state, event, to_state) values
  ('AVAILABLE', 'proven', 'ACTIVE'),
  ('CLAIMED', 'proven', 'ACTIVE');

create or replace function trust_event_is_kept(p_old address, p_new address) returns boolean
  language sql immutable
as $$
  select case p_new.last_event
    when 'superseded' then p_new.claim_id <> p_old.claim_id and p_new.by_owner
    when 'struck' then p_new.claim_id = p_old.claim_id and p_new.strikes = p_old.strikes + 1
      and p_new.by_owner = p_old.by_owner
    when 'struck_out' then p_old.strikes = 2
    when 'resent' then p_new.claim_id = p_old.claim_id and p_new.strikes = p_old.strikes
      and p_new.resends = p_old.resends + 1 and p_new.expires_at >= p_old.expires_at and p_new.by_owner = p_old.by_owner
    when 'verified' then p_new.claim_id = p_old.claim_id and p_old.strikes < 3
    when 'proven' then p_new.claim_id is null and p_new.subject_id <> p_old.subject_id
    else true
  end
$$;

create table email_change (
  id             uuid not null default uuid_v7(),
  account_id     uuid not null,
  key_id         text not null,
  sealed_address bytea not null,
  tries          smallint not null default 0,
  expires_at     timestamptz not null,
  constraint email_change_pkey primary key (id),
  constraint account_has_one_email_change unique (account_id),
  constraint email_change_account_exists foreign key (account_id) references account (id) on delete cascade,
  constraint tries_are_counted_to_three check (tries between 0 and 2)
);
comment on table email_change is
  'Changes of address that wait for their code. It is derived from id and address, so that no row holds one.';
create index email_change_by_end on email_change (expires_at);
comment on column email_change.id is
  '{"class": "address", "purpose": "Names a change of address, and derives its code.", "personal": "pseudonym", "retention": "PT15M", "until": "expires_at"}';
comment on column email_change.account_id is
  '{"class": "address", "purpose": "Whose address is to be changed.", "personal": "pseudonym", "retention": "PT15M", "until": "expires_at"}';
comment on column email_change.key_id is
  '{"class": "address", "purpose": "Which key derives the code of the change.", "personal": "no", "retention": "PT15M", "until": "expires_at"}';
comment on column email_change.sealed_address is
  '{"class": "address", "purpose": "The address that is to be proven, sealed with the key of the account.", "personal": "pseudonym", "retention": "PT15M", "until": "expires_at"}';
comment on column email_change.tries is
  '{"class": "address", "purpose": "Wrong codes so far: the third ends the change.", "personal": "no", "retention": "PT15M", "until": "expires_at"}';
comment on column email_change.expires_at is
  '{"class": "address", "purpose": "Until when the code is good.", "personal": "no", "retention": "PT15M", "until": "expires_at"}';

alter table letter
  add column change_id uuid,
  add constraint letter_change_exists foreign key (change_id) references email_change (id) on delete cascade,
  add constraint letter_names_its_change check ((change_id is not null) = (kind = 'email_change_code'));
create index letter_by_change on letter (change_id) where change_id is not null;
comment on column letter.change_id is
  '{"class": "letters", "purpose": "The change of address whose code the letter brings; it takes the letter along when it ends.", "personal": "pseudonym", "retention": "PT24H", "until": "window_closes_at", "export": "no", "because": "Whether there is such a letter tells whether somebody else has the address."}';
alter table account_token
  add column sealed_address bytea,
  add constraint revert_token_holds_an_address check ((sealed_address is not null) = (purpose = 'email_change_revert'));
comment on column account_token.sealed_address is
  '{"class": "tokens", "purpose": "The former address that the token restores, sealed with the key of the account.", "personal": "pseudonym", "retention": "P7D", "until": "expires_at"}';

-- How many passwords were forgotten.
create function vault.forget_account_password(p_account_id uuid) returns int
  language sql security definer set search_path = pg_catalog, pg_temp
as $$
  with forgotten as (
    delete from vault.account_password where account_id = p_account_id returning true)
  select count(*)::int from forgotten
$$;
alter function vault.forget_account_password(uuid) owner to troth_vault;
revoke all on function vault.forget_account_password(uuid) from public;
grant execute on function vault.forget_account_password(uuid) to troth_app;

-- Seconds until an account may ask for another change of address.
create function email_changes_wait(p_account_key bytea) returns int
  language sql
as $$
  select greatest(1, ceil(extract(epoch from greatest(
           case when hour_count >= 5 then hour_started_at + interval '1 hour' end,
           case when day_count >= 5 then day_started_at + interval '1 day' end) - clock_timestamp())))::int
    from address_quota where address_key = p_account_key and kind = 'email_changes'
$$;

-- Whoever moves an account to another address comes here first: until they have done, it keeps the one it has.
create function lock_moves(p_account_key bytea) returns void
  language sql
as $$
  insert into address_quota as quota (address_key, kind, hour_started_at, hour_count, day_started_at, day_count, touched_at)
  values (p_account_key, 'email_changes', clock_timestamp(), 0, clock_timestamp(), 0, clock_timestamp())
  on conflict on constraint address_quota_pkey do update set touched_at = excluded.touched_at
$$;

-- Locks the address that an account is to have and the one that it has, by their order. The caller holds its moves.
create function lock_address_beside(p_account_id uuid, p_email text, p_address_key bytea) returns address
  language plpgsql
as $$
declare
  v_address address;
begin
  perform touch_address(p_address_key);
  perform from address where email = p_email or account_id = p_account_id order by email for update;
  select * into v_address from address where email = p_email;
  return v_address;
end
$$;

-- What stands in the way of a change of what an account proves itself by; null: nothing does. The caller holds its row.
create function refuse_change(p_account account, p_session_id uuid, p_at timestamptz) returns text
  language sql
as $$
  select case
    when not session_is_live(p_session_id, p_account, p_at) then 'session_over'
    when p_account.changes_frozen_until > p_at then 'frozen'
  end
$$;

create type email_change_request as (
  outcome     text,
  retry_after int
);

-- POST /v1/me/email-change. The change is made whatever the address is, and takes the place of the one before; without the
-- letter nobody can know its code. So all but frozen, over_limit and session_over have the same answer, then and later.
create function request_email_change(
  p_account_id uuid, p_session_id uuid, p_account_key bytea, p_email text, p_address_key bytea, p_key_id text,
  p_sealed_address bytea, p_envelope bytea, p_request_id text, p_sealed_details bytea
) returns email_change_request
  language plpgsql
as $$
declare
  v_change_id uuid := uuid_v7();
  v_address address;
  v_account account;
  v_at timestamptz;
  v_has_quota boolean;
  v_refusal text;
begin
  if exists (select from account where id = p_account_id and changes_frozen_until > clock_timestamp()) then
    return ('frozen', null)::email_change_request;
  end if;
  if not take_address_quota(p_account_key, 'email_changes', 5, 5) then
    return ('over_limit', email_changes_wait(p_account_key))::email_change_request;
  end if;
  v_address := lock_address(p_email, p_address_key);
  perform clear_overdue(v_address, clock_timestamp());
  v_has_quota := take_address_quota(p_address_key, 'email_change_letters', 5, 10);
  select * into v_account from account where id = p_account_id for no key update;
  v_at := clock_timestamp();
  v_refusal := refuse_change(v_account, p_session_id, v_at);
  if v_refusal is not null then
    return (v_refusal, null)::email_change_request;
  end if;
  delete from email_change where account_id = p_account_id;
  insert into email_change (id, account_id, key_id, sealed_address, expires_at)
  values (v_change_id, p_account_id, p_key_id, p_sealed_address, v_at + interval '15 minutes');
  perform write_audit('email.change_requested', v_account.subject_id, p_request_id, p_sealed_details);
  -- A letter that must not go is written too, and undone: both take as long.
  begin
    insert into letter (kind, envelope, address_key, change_id, window_closes_at)
    values ('email_change_code', p_envelope, p_address_key, v_change_id, v_at + interval '15 minutes');
    if not v_has_quota or v_address.account_id is not null then
      raise exception 'undo' using errcode = 'TR000';
    end if;
  exception
    when sqlstate 'TR000' then
      null;
  end;
  return (case when v_address.account_id is not null then 'taken' when v_has_quota then 'mailed' else 'over_quota' end,
          null)::email_change_request;
end
$$;

-- What a code comes to; null: it is right, and used up. The caller holds the account's row.
create function judge_email_change(p_account_id uuid, p_change_id uuid, p_code_is_right boolean, p_at timestamptz)
returns text
  language plpgsql
as $$
declare
  v_change email_change;
begin
  select * into v_change from email_change where id = p_change_id and account_id = p_account_id for update;
  if v_change.id is null then
    return 'no_change';
  end if;
  if v_change.expires_at > p_at and not p_code_is_right and v_change.tries < 2 then
    update email_change set tries = tries + 1 where id = p_change_id;
    return 'wrong_code';
  end if;
  delete from email_change where id = p_change_id;
  return case when v_change.expires_at <= p_at then 'expired' when not p_code_is_right then 'struck_out' end;
end
$$;

-- Gives an account a proven address in the place of the one it has, which is free from then on. A claim that pends on the
-- proven one dies: whoever made it has not proven it. The caller holds the rows of both addresses, and the account's.
create function move_to_address(
  p_account account, p_email text, p_claim address, p_at timestamptz, p_request_id text
) returns void
  language plpgsql
as $$
begin
  delete from address where account_id = p_account.id;
  if p_claim.email is not null then
    perform end_claim(p_claim, 'registration.superseded', p_request_id);
  end if;
  insert into address (email, state, last_event, moved_at, subject_id, account_id)
  values (p_email, 'ACTIVE', 'proven', p_at, p_account.subject_id, p_account.id)
  on conflict on constraint address_pkey do update
     set state = excluded.state, last_event = excluded.last_event, moved_at = excluded.moved_at,
         subject_id = excluded.subject_id, account_id = excluded.account_id, claim_id = null, claim_key_id = null,
         code_length = null, claimed_at = null, letter_at = null, expires_at = null, strikes = null, resends = null,
         wished_username = null, locale = null, by_owner = false;
  delete from audit_subject where id = p_claim.subject_id;
  update account set revision = revision + 1 where id = p_account.id;
end
$$;

-- Tells the former address. Every change has a letter of its own, whose link restores the address that it goes to.
create function write_revert_letter(
  p_account_id uuid, p_address_key bytea, p_sealed_address bytea, p_envelope bytea
) returns void
  language plpgsql
as $$
declare
  v_at timestamptz := clock_timestamp();
  v_token_id uuid := uuid_v7();
begin
  insert into account_token (id, account_id, purpose, expires_at, sealed_address)
  values (v_token_id, p_account_id, 'email_change_revert', v_at + interval '7 days', p_sealed_address);
  insert into letter (kind, envelope, address_key, token_id, window_closes_at)
  values ('email_changed', p_envelope, p_address_key, v_token_id, v_at + interval '24 hours');
end
$$;

create type email_change_confirmation as (
  outcome text,
  account user_record
);

-- POST /v1/me/email-change/confirm. What the former address proved is over: all sessions but the one that asks, and links
-- in letters, but for those that take a change back.
create function confirm_email_change(
  p_account_id uuid, p_session_id uuid, p_account_key bytea, p_change_id uuid, p_code_is_right boolean, p_email text,
  p_address_key bytea, p_former_email text, p_former_key bytea, p_sealed_former bytea, p_envelope bytea,
  p_request_id text, p_sealed_details bytea
) returns email_change_confirmation
  language plpgsql
as $$
declare
  v_address address;
  v_account account;
  v_at timestamptz;
  v_refusal text;
begin
  perform lock_moves(p_account_key);
  v_address := lock_address_beside(p_account_id, p_email, p_address_key);
  select * into v_account from account where id = p_account_id for no key update;
  v_at := clock_timestamp();
  v_address := case when not clear_overdue(v_address, v_at) then v_address end;
  v_refusal := coalesce(refuse_change(v_account, p_session_id, v_at),
                        judge_email_change(p_account_id, p_change_id, p_code_is_right, v_at),
                        case when v_address.account_id is not null then 'taken' end);
  if v_refusal is null
    and (select email from address where account_id = p_account_id) is distinct from p_former_email then
    v_refusal := 'moved';
  end if;
  if v_refusal is not null then
    return (v_refusal, null)::email_change_confirmation;
  end if;
  perform move_to_address(v_account, p_email, v_address, v_at, p_request_id);
  v_account := raise_credential_version(p_account_id, p_session_id);
  delete from account_token where account_id = p_account_id and purpose <> 'email_change_revert';
  -- That somebody tried to register with the former address is no business of its owner any more.
  delete from letter where address_key = p_former_key and kind = 'already_registered';
  perform write_audit('email.changed', v_account.subject_id, p_request_id, p_sealed_details);
  if p_former_email is not null then
    perform write_revert_letter(p_account_id, p_former_key, p_sealed_former, p_envelope);
  end if;
  return ('changed', user_record_of(v_account))::email_change_confirmation;
end
$$;

-- DELETE /v1/me/email-change. False: the session that asks is over.
create function cancel_email_change(p_account_id uuid, p_session_id uuid) returns boolean
  language plpgsql
as $$
declare
  v_account account;
begin
  select * into v_account from account where id = p_account_id for no key update;
  if not session_is_live(p_session_id, v_account, clock_timestamp()) then
    return false;
  end if;
  delete from email_change where account_id = p_account_id;
  return true;
end
$$;

-- What waits to happen to an account ends when its owner takes it back. The caller holds its row.
create function drop_pending_changes(p_account account, p_request_id text, p_sealed_details bytea) returns void
  language plpgsql
as $$
begin
  delete from email_change where account_id = p_account.id;
  if p_account.deletion_effective_at is not null then
    update account set deletion_effective_at = null where id = p_account.id;
    perform write_audit('account.deletion_cancelled', p_account.subject_id, p_request_id, p_sealed_details);
  end if;
end
$$;

-- POST /v1/email-change/revert: the former address is the account's again, and whoever was in the account is put out. Its
-- owner is mailed a way back in. Links of changes that were made after this one are worth nothing; those before it stay.
create function revert_email_change(
  p_account_id uuid, p_token_id uuid, p_account_key bytea, p_email text, p_address_key bytea, p_envelope bytea,
  p_request_id text, p_sealed_details bytea
) returns text
  language plpgsql
as $$
declare
  v_address address;
  v_account account;
  v_at timestamptz;
  v_until timestamptz;
begin
  perform lock_moves(p_account_key);
  v_address := lock_address_beside(p_account_id, p_email, p_address_key);
  select * into v_account from account where id = p_account_id for no key update;
  v_at := clock_timestamp();
  v_address := case when not clear_overdue(v_address, v_at) then v_address end;
  if v_address.account_id <> p_account_id then
    return 'taken';
  end if;
  delete from account_token
   where id = p_token_id and account_id = p_account_id and purpose = 'email_change_revert' and expires_at > v_at
  returning expires_at into v_until;
  if v_account.id is null or v_until is null then
    return 'over';
  end if;
  if v_address.account_id is null then
    perform move_to_address(v_account, p_email, v_address, v_at, p_request_id);
  end if;
  perform raise_credential_version(p_account_id, null);
  perform vault.forget_account_password(p_account_id);
  delete from account_token
   where account_id = p_account_id and (purpose <> 'email_change_revert' or expires_at >= v_until);
  perform drop_pending_changes(v_account, p_request_id, p_sealed_details);
  update account
     set device_version = device_version + 1, changes_frozen_until = v_at + interval '24 hours'
   where id = p_account_id;
  perform write_audit('email.reverted', v_account.subject_id, p_request_id, p_sealed_details);
  perform write_reset_letter(p_account_id, p_address_key, p_envelope);
  return 'reverted';
end
$$;

-- As before; what waits to happen to the account ends besides.
create or replace function reset_password(
  p_token_id uuid, p_phc text, p_budgets bytea[], p_request_id text, p_sealed_details bytea, p_address_key bytea,
  p_envelope bytea
) returns boolean
  language plpgsql
as $$
declare
  v_account account := take_account_token(p_token_id, 'password_reset');
begin
  if v_account.id is null then
    return false;
  end if;
  perform vault.set_account_password(v_account.id, p_phc);
  perform raise_credential_version(v_account.id, null);
  perform drop_pending_changes(v_account, p_request_id, p_sealed_details);
  update account set device_version = device_version + 1 where id = v_account.id;
  -- A log-in locks its budgets before the account: one that is under way keeps them, so that neither waits for the other.
  delete from login_failure
   where budget_key in (select budget_key from login_failure where budget_key = any (p_budgets) for update skip locked);
  perform write_audit('password.reset', v_account.subject_id, p_request_id, p_sealed_details);
  perform write_notice('password_changed', v_account.id, p_address_key, p_envelope);
  return true;
end
$$;

-- As before; what waits to happen to the account ends besides.
create or replace function disown_change(
  p_token_id uuid, p_request_id text, p_sealed_details bytea, p_address_key bytea, p_envelope bytea
) returns boolean
  language plpgsql
as $$
declare
  v_account account := take_account_token(p_token_id, 'not_me');
begin
  if v_account.id is null then
    return false;
  end if;
  perform raise_credential_version(v_account.id, null);
  perform drop_pending_changes(v_account, p_request_id, p_sealed_details);
  update account
     set device_version = device_version + 1, changes_frozen_until = clock_timestamp() + interval '24 hours'
   where id = v_account.id;
  perform write_audit('security.not_me', v_account.subject_id, p_request_id, p_sealed_details);
  if p_address_key is not null then
    perform write_reset_letter(v_account.id, p_address_key, p_envelope);
  end if;
  return true;
end
$$;

-- As before; the notice goes to the address that the account has, not to one that it had when it was written.
drop function change_password(uuid, uuid, text, text, bytea, text, bytea, bytea, bytea);
create function change_password(
  p_account_id uuid, p_session_id uuid, p_current_phc text, p_phc text, p_budget bytea, p_request_id text,
  p_sealed_details bytea, p_email text, p_address_key bytea, p_envelope bytea
) returns password_change
  language plpgsql
as $$
declare
  v_wait int := case when p_current_phc is null then 0 else login_budget_wait(p_budget, 5, interval '15 minutes') end;
  v_account account;
begin
  if v_wait > 0 then
    return ('over_limit', v_wait)::password_change;
  end if;
  select * into v_account from account where id = p_account_id for no key update;
  if not session_is_live(p_session_id, v_account, clock_timestamp()) then
    return ('session_over', null)::password_change;
  end if;
  if p_current_phc is not null and not vault.account_password_is(p_account_id, p_current_phc) then
    update login_failure set failures = failures + 1 where budget_key = p_budget;
    return ('wrong_password', null)::password_change;
  end if;
  if (select email from address where account_id = p_account_id) is distinct from p_email then
    return ('moved', null)::password_change;
  end if;
  update login_failure set failures = 0 where budget_key = p_budget and p_current_phc is not null and failures > 0;
  perform vault.set_account_password(p_account_id, p_phc);
  perform raise_credential_version(p_account_id, p_session_id);
  delete from account_token where account_id = p_account_id and purpose = 'password_reset';
  perform write_audit('password.changed', v_account.subject_id, p_request_id, p_sealed_details);
  perform write_notice('password_changed', p_account_id, p_address_key, p_envelope);
  return ('changed', null)::password_change;
end
$$;

grant select, insert, update, delete on email_change to troth_app;
