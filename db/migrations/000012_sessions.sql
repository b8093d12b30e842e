-- Sessions: one row each, whose generation a refresh moves on. Log-in, and the keys that sign access tokens.

alter table account
  add column credential_version int not null default 1,
  add column device_version int not null default 1,
  add column suspended_at timestamptz;
comment on column account.credential_version is
  'Raised by whatever ends all sessions. A session that carries another one is over, whenever it was made.';
comment on column account.device_version is 'Raised by whatever voids device tokens.';

create table session (
  id                 uuid not null default uuid_v7(),
  account_id         uuid not null,
  credential_version int not null,
  generation         int not null default 1,
  generation_is_used boolean not null default false,
  authenticated_at   timestamptz not null,
  amr                text[] not null,
  device_name        text,
  created_at         timestamptz not null,
  rotated_at         timestamptz not null,
  last_seen_at       timestamptz not null,
  ends_at            timestamptz not null,
  constraint session_pkey primary key (id),
  constraint session_account_exists foreign key (account_id) references account (id) on delete cascade,
  constraint session_ends_within_30_days check (ends_at <= created_at + interval '30 days'),
  constraint generations_count_from_one check (generation >= 1)
) with (fillfactor = 70);
comment on column session.generation_is_used is 'Somebody has shown a token of the current generation.';
comment on column session.rotated_at is 'When the refresh token of the current generation was issued. Idle sessions end 14 days later.';
-- A refresh changes none of these columns, so that it stays within its page.
create index session_by_account on session (account_id, id);
create index session_by_end on session (ends_at);

-- What the tokens of a session are made of.
create type opened_session as (
  session_id       uuid,
  account_id       uuid,
  generation       int,
  issued_at        timestamptz,
  refresh_until    timestamptz,
  authenticated_at timestamptz,
  amr              text[],
  roles            text[],
  device_version   int
);

-- The one door of sessions. The caller holds the account's row; nothing: it is suspended.
create function open_session(
  p_account account, p_amr text[], p_device_name text, p_request_id text, p_sealed_details bytea
) returns opened_session
  language plpgsql
as $$
declare
  v_at timestamptz := clock_timestamp();
  v_session_id uuid := uuid_v7();
begin
  if p_account.suspended_at is not null then
    return null;
  end if;
  delete from session where id = any (array(
    select id from session where account_id = p_account.id order by id desc offset 99));
  insert into session (id, account_id, credential_version, authenticated_at, amr, device_name, created_at, rotated_at,
                       last_seen_at, ends_at)
  values (v_session_id, p_account.id, p_account.credential_version, v_at, p_amr, p_device_name, v_at, v_at, v_at,
          v_at + interval '30 days');
  perform write_audit('session.created', p_account.subject_id, p_request_id, p_sealed_details);
  return (v_session_id, p_account.id, 1, v_at, v_at + interval '14 days', v_at, p_amr, p_account.roles,
          p_account.device_version)::opened_session;
end
$$;

create table login_failure (
  budget_key        bytea not null,
  window_started_at timestamptz not null,
  failures          smallint not null,
  constraint login_failure_pkey primary key (budget_key)
) with (fillfactor = 70);
comment on table login_failure is
  'Failed log-ins within a window. Keys are HMACs: of an address, of an address and a source, or of a device.';
create index login_failure_by_window on login_failure (window_started_at);

-- Locks a budget, begins its window anew when it is over, and tells the seconds until there is room; 0: there is.
create function login_budget_wait(p_key bytea, p_most int, p_window interval) returns int
  language sql
as $$
  insert into login_failure as budget (budget_key, window_started_at, failures)
  values (p_key, clock_timestamp(), 0)
  on conflict on constraint login_failure_pkey do update
     set failures = case when budget.window_started_at <= clock_timestamp() - p_window then 0 else budget.failures end,
         window_started_at = case when budget.window_started_at <= clock_timestamp() - p_window
                                  then clock_timestamp() else budget.window_started_at end
  returning case when failures < p_most then 0
                 else greatest(1, ceil(extract(epoch from window_started_at + p_window - clock_timestamp())))::int end
$$;

create type login as (
  outcome     text,
  retry_after int,
  session     opened_session
);

-- POST /v1/sessions: the statement that decides. The budgets are locked first, so of guesses at once no more are
-- judged than one after the other. A device that has logged in before has a budget of its own, which no stranger spends.
create function log_in(
  p_account_id uuid, p_phc text, p_address_budget bytea, p_source_budget bytea, p_device_budget bytea,
  p_device_name text, p_request_id text, p_sealed_details bytea
) returns login
  language plpgsql
as $$
declare
  v_wait int;
  v_account account;
  v_session opened_session;
begin
  if p_device_budget is null then
    v_wait := greatest(login_budget_wait(p_address_budget, 20, interval '1 hour'),
                       login_budget_wait(p_source_budget, 5, interval '15 minutes'));
  else
    v_wait := login_budget_wait(p_device_budget, 10, interval '15 minutes');
  end if;
  if v_wait > 0 then
    return ('over_limit', v_wait, null)::login;
  end if;
  select * into v_account from account where id = p_account_id for no key update;
  if not vault.account_password_is(p_account_id, p_phc) then
    update login_failure set failures = failures + 1
     where budget_key = any (case when p_device_budget is null then array[p_address_budget, p_source_budget]
                                  else array[p_device_budget] end);
    return (case when v_account.id is null then 'no_account' else 'wrong_password' end, null, null)::login;
  end if;
  update login_failure set failures = 0 where budget_key in (p_source_budget, p_device_budget) and failures > 0;
  v_session := open_session(v_account, array['pwd'], p_device_name, p_request_id, p_sealed_details);
  return (case when v_session.session_id is null then 'suspended' else 'logged_in' end, null, v_session)::login;
end
$$;

-- Puts the hash of the same password, made at the present cost, in place of an older one.
create function vault.renew_account_password(p_account_id uuid, p_former_phc text, p_phc text) returns boolean
  language sql security definer set search_path = pg_catalog, pg_temp
as $$
  with renewed as (
    update vault.account_password set phc = p_phc where account_id = p_account_id and phc = p_former_phc returning true)
  select exists (select from renewed)
$$;
alter function vault.renew_account_password(uuid, text, text) owner to troth_vault;
revoke all on function vault.renew_account_password(uuid, text, text) from public;
grant execute on function vault.renew_account_password(uuid, text, text) to troth_app;

create type session_refresh as (
  outcome     text,
  at          timestamptz,
  session     opened_session,
  email       text,
  locale      text,
  wrapped_key bytea
);

-- What a refresh token comes to that names this generation. The caller holds the session's row, and read the clock after.
create function judge_refresh(p_session session, p_account account, p_generation int, p_grace interval, p_at timestamptz)
returns text
  language sql immutable
as $$
  select case
    when p_session.credential_version <> p_account.credential_version or p_account.suspended_at is not null
      or p_session.ends_at <= p_at or p_session.rotated_at <= p_at - interval '14 days' then 'over'
    when p_generation = p_session.generation then
      case when p_session.rotated_at > p_at - p_grace then 'repeated' else 'rotated' end
    when p_generation = p_session.generation - 1
      and (not p_session.generation_is_used or p_session.rotated_at > p_at - p_grace) then 'repeated'
    else 'reused'
  end
$$;

-- POST /v1/sessions/refresh: one guarded update of one row.
create function refresh_session(p_session_id uuid, p_generation int, p_grace interval) returns session_refresh
  language plpgsql
as $$
declare
  v_session session;
  v_account account;
  v_at timestamptz;
  v_refresh session_refresh;
begin
  select * into v_session from session where id = p_session_id for update;
  v_at := clock_timestamp();
  select * into v_account from account where id = v_session.account_id;
  if v_account.id is null then
    v_refresh.outcome := 'over';
    return v_refresh;
  end if;
  v_refresh.outcome := judge_refresh(v_session, v_account, p_generation, p_grace, v_at);
  if v_refresh.outcome = 'rotated' then
    v_session.generation := v_session.generation + 1;
    v_session.rotated_at := v_at;
    update session
       set generation = v_session.generation, generation_is_used = false, rotated_at = v_at, last_seen_at = v_at
     where id = p_session_id and generation = p_generation;
  end if;
  v_refresh.at := v_at;
  v_refresh.session := (v_session.id, v_account.id, v_session.generation, v_session.rotated_at,
                        least(v_session.rotated_at + interval '14 days', v_session.ends_at), v_session.authenticated_at,
                        v_session.amr, v_account.roles, v_account.device_version);
  v_refresh.locale := v_account.locale;
  if v_refresh.outcome = 'reused' then
    select email into v_refresh.email from address where account_id = v_account.id;
    select wrapped_key into v_refresh.wrapped_key from audit_subject where id = v_account.subject_id;
  end if;
  return v_refresh;
end
$$;

-- Ends every session of an account but one; null: all. What a log-in or a refresh does at the same time does not survive.
create function end_sessions(p_account_id uuid, p_kept uuid, p_request_id text, p_sealed_details bytea) returns void
  language plpgsql
as $$
declare
  v_account account;
begin
  update account set credential_version = credential_version + 1 where id = p_account_id returning * into v_account;
  if not found then
    return;
  end if;
  update session set credential_version = v_account.credential_version
   where id = p_kept and account_id = p_account_id and credential_version = v_account.credential_version - 1;
  delete from session where account_id = p_account_id and credential_version < v_account.credential_version;
  perform write_audit('session.revoked', v_account.subject_id, p_request_id, p_sealed_details);
end
$$;

-- A refresh token was used that had been followed: the session ends and its owner is told. False: it had ended already.
create function end_reused_session(
  p_session_id uuid, p_request_id text, p_sealed_details bytea, p_address_key bytea, p_envelope bytea
) returns boolean
  language plpgsql
as $$
declare
  v_account_id uuid;
begin
  delete from session where id = p_session_id returning account_id into v_account_id;
  if not found then
    return false;
  end if;
  perform write_audit('session.reuse_detected', subject_id, p_request_id, p_sealed_details)
     from account where id = v_account_id;
  if p_address_key is not null then
    perform write_notice('session_reused', p_address_key, p_envelope);
  end if;
  return true;
end
$$;

-- A security notice is never dropped; an identical one merges with it within an hour.
create function write_notice(p_kind text, p_address_key bytea, p_envelope bytea) returns void
  language plpgsql
as $$
begin
  if take_address_quota(p_address_key, p_kind, 1, 24) then
    insert into letter (kind, envelope, address_key, window_closes_at)
    values (p_kind, p_envelope, p_address_key, clock_timestamp() + interval '24 hours');
  end if;
end
$$;

alter table letter
  drop constraint letter_kind_is_known,
  add constraint letter_kind_is_known check (kind in ('registration_code', 'already_registered', 'session_reused'));
alter table address_quota
  drop constraint address_quota_kind_is_known,
  add constraint address_quota_kind_is_known check (
    kind in ('registration_letters', 'owner_token', 'already_registered', 'session_reused'));
alter table audit_event
  drop constraint audit_event_is_known,
  add constraint audit_event_is_known check (event in (
    'registration.claimed', 'registration.activated', 'registration.expired', 'registration.locked',
    'registration.superseded', 'registration.withdrawn',
    'session.created', 'session.revoked', 'session.reuse_detected'));

create table signing_key (
  kid        text not null,
  public_jwk text not null,
  key_id     text not null,
  sealed     bytea not null,
  created_at timestamptz not null default clock_timestamp(),
  signs_from timestamptz not null,
  constraint signing_key_pkey primary key (kid)
);
comment on table signing_key is
  'Keys of access tokens (ES256), the private part sealed with a key derived from TROTH_SECRET (key_id says which). The '
  'newest one whose time has come signs; the one before is published until nothing that it signed is valid.';

-- Adds a key unless the newest is younger than that. The first one signs at once, others when verifiers had time to see it.
create function add_signing_key(
  p_kid text, p_public_jwk text, p_key_id text, p_sealed bytea, p_least_age interval, p_notice interval
) returns boolean
  language plpgsql
as $$
declare
  v_newest timestamptz;
begin
  perform pg_advisory_xact_lock(hashtext('troth signing key'));
  select max(signs_from) into v_newest from signing_key;
  if v_newest > clock_timestamp() - p_least_age then
    return false;
  end if;
  insert into signing_key (kid, public_jwk, key_id, sealed, signs_from)
  values (p_kid, p_public_jwk, p_key_id, p_sealed,
          clock_timestamp() + case when v_newest is null then interval '0' else p_notice end);
  return true;
end
$$;

-- POST /v1/registrations/activation may open a session in the statement that decides.
alter type activation add attribute session opened_session;

create or replace function activation_of(p_outcome text, p_account_id uuid) returns activation
  language sql
as $$
  select p_outcome, id, username, display_name, birthdate::text, locale, roles, mfa_enabled, created_at, updated_at,
         null::opened_session
    from (select p_account_id as wanted) as given left join account on account.id = given.wanted
$$;

alter function activate_claim(text, bytea, uuid, text, boolean, text, bytea) rename to decide_activation;

create function activate_claim(
  p_email text, p_address_key bytea, p_claim_id uuid, p_phc text, p_code_is_right boolean, p_request_id text,
  p_sealed_details bytea, p_creates_session boolean default false, p_device_name text default null
) returns activation
  language plpgsql
as $$
declare
  v_activation activation :=
    decide_activation(p_email, p_address_key, p_claim_id, p_phc, p_code_is_right, p_request_id, p_sealed_details);
  v_account account;
begin
  if p_creates_session and v_activation.outcome = 'activated' then
    select * into v_account from account where id = v_activation.account_id for no key update;
    v_activation.session := open_session(v_account, array['pwd', 'otp'], p_device_name, p_request_id, p_sealed_details);
  end if;
  return v_activation;
end
$$;

grant select, insert, update, delete on session, login_failure, signing_key to troth_app;
