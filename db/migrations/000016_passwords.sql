-- Passwords: forgotten, changed, and changed by somebody else. Links in letters to an account carry a token each. Whoever
-- takes one locks the account before the token, as whoever makes one does.

alter table account add column changes_frozen_until timestamptz;
comment on column account.changes_frozen_until is
  'Until then what the account proves itself by cannot be changed: its owner said that somebody else was at it.';

create table account_token (
  id         uuid not null default uuid_v7(),
  account_id uuid not null,
  purpose    text not null,
  expires_at timestamptz not null,
  constraint account_token_pkey primary key (id),
  constraint account_token_account_exists foreign key (account_id) references account (id) on delete cascade
    deferrable initially deferred,
  constraint account_token_purpose_is_known check (purpose in ('password_reset', 'not_me'))
);
comment on table account_token is
  'Tokens in links of letters that were not used yet. A token is a MAC over purpose, id and account: no row holds one.';
comment on constraint account_token_account_exists on account_token is
  'Deferred, so that a token for no account can be made and undone: it takes as long as one for an account.';
create unique index newest_reset_token_alone on account_token (account_id) where purpose = 'password_reset';
create index account_token_by_account on account_token (account_id);
create index account_token_by_end on account_token (expires_at);

alter table letter
  add column token_id uuid,
  add constraint letter_token_exists foreign key (token_id) references account_token (id) on delete cascade,
  drop constraint letter_kind_is_known,
  add constraint letter_kind_is_known check (
    kind in ('registration_code', 'already_registered', 'session_reused', 'password_reset', 'password_changed')),
  -- The release before wrote notices of a reused session without a token.
  add constraint letter_names_its_token check (
    kind = 'session_reused' or (token_id is not null) = (kind in ('password_reset', 'password_changed')));
comment on column letter.token_id is 'The token of its link. A token that is used or followed takes its letter along.';
create index letter_by_token on letter (token_id) where token_id is not null;
alter table address_quota
  drop constraint address_quota_kind_is_known,
  add constraint address_quota_kind_is_known check (
    kind in ('registration_letters', 'owner_token', 'already_registered', 'session_reused',
             'reset_letters', 'reset_owner_token', 'password_changed'));
alter table audit_event
  drop constraint audit_event_is_known,
  add constraint audit_event_is_known check (event in (
    'registration.claimed', 'registration.activated', 'registration.expired', 'registration.locked',
    'registration.superseded', 'registration.withdrawn',
    'session.created', 'session.revoked', 'session.reuse_detected',
    'password.changed', 'password.reset', 'security.not_me'));
comment on table login_failure is
  'Failed log-ins within a window. Keys are HMACs: of an address, of an address and a source, of a device, or of an '
  'account and a session.';

-- A letter to an account whose link carries a token. It is sent no longer than the token is good.
create function write_token_letter(
  p_kind text, p_purpose text, p_life interval, p_account_id uuid, p_address_key bytea, p_envelope bytea
) returns void
  language plpgsql
as $$
declare
  v_at timestamptz := clock_timestamp();
  v_token_id uuid := uuid_v7();
begin
  insert into account_token (id, account_id, purpose, expires_at)
  values (v_token_id, p_account_id, p_purpose, v_at + p_life);
  insert into letter (kind, envelope, address_key, token_id, window_closes_at)
  values (p_kind, p_envelope, p_address_key, v_token_id, v_at + least(p_life, interval '24 hours'));
end
$$;

-- Only the newest link resets a password. The caller holds the account's row.
create function write_reset_letter(p_account_id uuid, p_address_key bytea, p_envelope bytea) returns void
  language plpgsql
as $$
begin
  delete from account_token where account_id = p_account_id and purpose = 'password_reset';
  perform write_token_letter('password_reset', 'password_reset', interval '30 minutes', p_account_id, p_address_key,
                             p_envelope);
end
$$;

-- A security notice is never dropped; an identical one merges with it within an hour. Its link is for whom it was not.
drop function write_notice(text, bytea, bytea);
create function write_notice(p_kind text, p_account_id uuid, p_address_key bytea, p_envelope bytea) returns void
  language plpgsql
as $$
begin
  if p_address_key is not null and take_address_quota(p_address_key, p_kind, 1, 24) then
    perform write_token_letter(p_kind, 'not_me', interval '7 days', p_account_id, p_address_key, p_envelope);
  end if;
end
$$;

-- POST /v1/password-resets. The outcome is for logs and metrics: every outcome but conflict has the same answer.
create function request_password_reset(
  p_email text, p_address_key bytea, p_owner_token_day int, p_envelope bytea, p_idempotency_scope bytea,
  p_fingerprint bytea
) returns text
  language plpgsql
as $$
declare
  v_key text := take_idempotency_key(p_idempotency_scope, p_fingerprint);
  v_address address := lock_address(p_email, p_address_key);
  v_has_quota boolean := false;
  v_writes boolean;
begin
  if v_key <> 'fresh' then
    return v_key;
  end if;
  perform clear_overdue(v_address, clock_timestamp());
  if owner_token_is_current(p_owner_token_day) then
    v_has_quota := take_address_quota(p_address_key, 'reset_owner_token', 5, 5);
  end if;
  if not v_has_quota then
    v_has_quota := take_address_quota(p_address_key, 'reset_letters', 5, 10);
  end if;
  v_writes := v_has_quota and v_address.account_id is not null;
  perform from account where id = v_address.account_id for no key update;
  -- Where nothing is mailed, the same work is done for an account that nobody has, and undone: both take as long.
  begin
    perform write_reset_letter(case when v_writes then v_address.account_id else gen_random_uuid() end, p_address_key,
                               p_envelope);
    if not v_writes then
      raise exception 'undo' using errcode = 'TR000';
    end if;
  exception
    when sqlstate 'TR000' then
      null;
  end;
  return case when v_address.account_id is null then 'no_account' when v_has_quota then 'mailed' else 'over_quota' end;
end
$$;

-- Uses a token up and holds its account; null: it is not good, or no longer.
create function take_account_token(p_token_id uuid, p_purpose text) returns account
  language plpgsql
as $$
declare
  v_account account;
begin
  select account.* into v_account
    from account_token join account on account.id = account_token.account_id
   where account_token.id = p_token_id
     for no key update of account;
  delete from account_token where id = p_token_id and purpose = p_purpose and expires_at > clock_timestamp();
  return case when found then v_account end;
end
$$;

-- Ends every session of an account but one; null: all. What a log-in or a refresh does at the same time does not survive.
create function raise_credential_version(p_account_id uuid, p_kept uuid) returns account
  language plpgsql
as $$
declare
  v_account account;
begin
  update account set credential_version = credential_version + 1 where id = p_account_id returning * into v_account;
  update session set credential_version = v_account.credential_version
   where id = p_kept and account_id = p_account_id and credential_version = v_account.credential_version - 1;
  delete from session where account_id = p_account_id and credential_version < v_account.credential_version;
  return v_account;
end
$$;

create or replace function end_sessions(p_account_id uuid, p_kept uuid, p_request_id text, p_sealed_details bytea)
returns void
  language plpgsql
as $$
declare
  v_account account := raise_credential_version(p_account_id, p_kept);
begin
  if v_account.id is not null then
    perform write_audit('session.revoked', v_account.subject_id, p_request_id, p_sealed_details);
  end if;
end
$$;

-- A refresh token was used that had been followed: the session ends and its owner is told. False: it had ended already.
create or replace function end_reused_session(
  p_session_id uuid, p_request_id text, p_sealed_details bytea, p_address_key bytea, p_envelope bytea
) returns boolean
  language plpgsql
as $$
declare
  v_account account;
begin
  select account.* into v_account
    from session join account on account.id = session.account_id
   where session.id = p_session_id
     for key share of account;
  delete from session where id = p_session_id;
  if not found then
    return false;
  end if;
  perform write_audit('session.reuse_detected', v_account.subject_id, p_request_id, p_sealed_details);
  perform write_notice('session_reused', v_account.id, p_address_key, p_envelope);
  return true;
end
$$;

-- Puts a new password in the place of whatever the account had.
create function vault.set_account_password(p_account_id uuid, p_phc text) returns void
  language sql security definer set search_path = pg_catalog, pg_temp
as $$
  insert into vault.account_password (account_id, phc) values (p_account_id, p_phc)
  on conflict on constraint account_password_pkey do update set phc = excluded.phc
$$;
alter function vault.set_account_password(uuid, text) owner to troth_vault;
revoke all on function vault.set_account_password(uuid, text) from public;
grant execute on function vault.set_account_password(uuid, text) to troth_app;

-- POST /v1/password-resets/confirm. What was opened with the former password is over; false: the token is not good.
create function reset_password(
  p_token_id uuid, p_phc text, p_request_id text, p_sealed_details bytea, p_address_key bytea, p_envelope bytea
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
  update account set device_version = device_version + 1 where id = v_account.id;
  perform write_audit('password.reset', v_account.subject_id, p_request_id, p_sealed_details);
  perform write_notice('password_changed', v_account.id, p_address_key, p_envelope);
  return true;
end
$$;

create type password_change as (
  outcome     text,
  retry_after int
);

-- PUT /v1/me/password. A session that ended while the password was hashed changes none any more.
create function change_password(
  p_account_id uuid, p_session_id uuid, p_current_phc text, p_phc text, p_budget bytea, p_request_id text,
  p_sealed_details bytea, p_address_key bytea, p_envelope bytea
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
  select * into v_account from account where id = p_account_id and suspended_at is null for no key update;
  if not exists (select from session where id = p_session_id and account_id = v_account.id
                                       and credential_version = v_account.credential_version) then
    return ('session_over', null)::password_change;
  end if;
  if p_current_phc is not null and not vault.account_password_is(p_account_id, p_current_phc) then
    update login_failure set failures = failures + 1 where budget_key = p_budget;
    return ('wrong_password', null)::password_change;
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

-- POST /v1/security/not-me: somebody else was at the account. False: the token is not good.
create function disown_change(
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

grant select, insert, update, delete on account_token to troth_app;
