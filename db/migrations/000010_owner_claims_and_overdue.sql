-- An owner's claim has letters of its own, and what is past its time goes when its address is next touched. The flows
-- share their beginnings: lock the address, read the clock after that, give back what is over.

-- Truth 7. Whoever made the claim showed a letter to this mailbox: its letters count against the owner's quota.
alter table address
  add column by_owner boolean not null default false,
  add constraint owner_only_makes_claims check (state = 'CLAIMED' or not by_owner);
comment on column address.by_owner is 'The claim was made with a valid owner token.';

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
    else true
  end
$$;

-- Every flow of an address begins here. The clock that decides is read after it.
create function lock_address(p_email text, p_address_key bytea) returns address
  language plpgsql
as $$
declare
  v_address address;
begin
  perform touch_address(p_address_key);
  select * into v_address from address where email = p_email for update;
  return v_address;
end
$$;

-- A claim's end but for its row: the password, the letter, and the event that tells of it.
create function end_claim(p_claim address, p_event text, p_request_id text) returns void
  language plpgsql
as $$
begin
  perform vault.forget_claim_password(p_claim.claim_id);
  perform drop_code_letters(p_claim.claim_id);
  perform write_audit(p_event, p_claim.subject_id, p_request_id, null);
end
$$;

-- An overdue or locked claim gives the address back, with everything that was provisional.
create or replace function release_dead_claim(p_dead address) returns void
  language plpgsql
as $$
begin
  if p_dead.state = 'CLAIMED' then
    perform end_claim(p_dead, 'registration.expired', null);
  end if;
  delete from address where email = p_dead.email;
  delete from audit_subject where id = p_dead.subject_id;
end
$$;

-- Gives back what is past its time, with the purge job or without; true: the address is free.
create function clear_overdue(p_address address, p_at timestamptz) returns boolean
  language plpgsql
as $$
begin
  if p_address.state = 'LOCKED' or p_address.expires_at <= p_at then
    perform release_dead_claim(p_address);
    return true;
  end if;
  if p_address.replayable_until <= p_at then
    update address set claim_id = null, claim_key_id = null, code_length = null, replayable_until = null
     where email = p_address.email;
  end if;
  return false;
end
$$;

-- Counts a letter with a code; false when the quota is used up. An owner's is not a stranger's to use up.
create function take_letter_quota(p_address_key bytea, p_by_owner boolean) returns boolean
  language plpgsql
as $$
begin
  if p_by_owner then
    return take_address_quota(p_address_key, 'owner_token', 5, 5);
  end if;
  return take_address_quota(p_address_key, 'registration_letters', 10, 20);
end
$$;

-- No key: always fresh.
create or replace function take_idempotency_key(p_scope bytea, p_fingerprint bytea) returns text
  language plpgsql
as $$
declare
  v_same boolean;
begin
  if p_scope is null then
    return 'fresh';
  end if;
  insert into idempotency_key as used (scope, fingerprint, used_at)
  values (p_scope, p_fingerprint, clock_timestamp())
  on conflict on constraint idempotency_key_pkey do update
     set fingerprint = excluded.fingerprint, used_at = excluded.used_at
   where used.used_at <= clock_timestamp() - interval '24 hours';
  if found then
    return 'fresh';
  end if;
  select fingerprint = p_fingerprint into v_same from idempotency_key where scope = p_scope;
  return case when v_same then 'replay' else 'conflict' end;
end
$$;

drop function stake_claim(text, bytea, text, text, text, int, boolean, text, bytea, bytea, bytea, text, address, timestamptz);

-- A new claim in place of none, or in place of the claim of somebody who does not own the mailbox.
create function stake_claim(
  p_email text, p_address_key bytea, p_phc text, p_username text, p_locale text, p_by_owner boolean, p_claim_seconds int,
  p_strict boolean, p_claim_key_id text, p_wrapped_key bytea, p_sealed_details bytea, p_envelope bytea, p_request_id text,
  p_superseded address, p_at timestamptz
) returns void
  language plpgsql
as $$
declare
  v_claim_id uuid := uuid_v7();
  v_until timestamptz := p_at + make_interval(secs => p_claim_seconds);
  v_code_length smallint;
  v_subject_id uuid;
begin
  perform note_breaker();
  v_code_length := next_code_length(p_address_key, p_strict);
  insert into audit_subject (wrapped_key) values (p_wrapped_key) returning id into v_subject_id;
  if p_superseded.email is null then
    insert into address (email, state, last_event, moved_at, subject_id, claim_id, claim_key_id, code_length, claimed_at,
                         letter_at, expires_at, strikes, resends, wished_username, locale, by_owner)
    values (p_email, 'CLAIMED', 'claimed', p_at, v_subject_id, v_claim_id, p_claim_key_id, v_code_length, p_at,
            p_at, v_until, 0, 0, p_username, p_locale, p_by_owner);
  else
    perform end_claim(p_superseded, 'registration.superseded', p_request_id);
    update address
       set last_event = 'superseded', moved_at = p_at, subject_id = v_subject_id, claim_id = v_claim_id,
           claim_key_id = p_claim_key_id, code_length = v_code_length, claimed_at = p_at, letter_at = p_at,
           expires_at = v_until, strikes = 0, resends = 0, wished_username = p_username, locale = p_locale,
           by_owner = p_by_owner
     where email = p_email and claim_id = p_superseded.claim_id;
    delete from audit_subject where id = p_superseded.subject_id;
  end if;
  perform vault.keep_claim_password(v_claim_id, p_phc);
  perform write_code_letter(p_envelope, p_address_key, v_claim_id, p_claim_key_id, v_code_length, v_until);
  perform write_audit('registration.claimed', v_subject_id, p_request_id, p_sealed_details);
end
$$;

-- What a registration comes to, with its letter counted; the notice to an active address is written here as well.
create function judge_registration(p_address address, p_address_key bytea, p_by_owner boolean, p_envelope bytea) returns text
  language plpgsql
as $$
begin
  return case
    when p_address.state = 'ACTIVE' then notify_active_address(p_address_key, p_envelope)
    when p_by_owner then case when p_address.state = 'CLAIMED' then 'superseded' else 'claimed' end
    when p_address.state = 'CLAIMED' then 'already_claimed'
    when registration_is_muted(p_address_key) then 'muted'
    when take_letter_quota(p_address_key, false) then 'claimed'
    else 'over_quota'
  end;
end
$$;

-- POST /v1/registrations. The outcome is for logs and metrics: every outcome but conflict has the same answer.
create or replace function register(
  p_email text, p_address_key bytea, p_phc text, p_username text, p_locale text, p_owner_token_day int,
  p_claim_seconds int, p_strict boolean, p_claim_key_id text, p_wrapped_key bytea, p_sealed_details bytea,
  p_envelope bytea, p_request_id text, p_idempotency_scope bytea, p_fingerprint bytea
) returns text
  language plpgsql
as $$
declare
  v_key text := take_idempotency_key(p_idempotency_scope, p_fingerprint);
  v_address address := lock_address(p_email, p_address_key);
  v_at timestamptz := clock_timestamp();
  v_by_owner boolean := false;
  v_outcome text;
  v_claims boolean;
begin
  if v_key <> 'fresh' then
    return v_key;
  end if;
  v_address := case when not clear_overdue(v_address, v_at) then v_address end;
  if v_address.state is distinct from 'ACTIVE' and owner_token_is_current(p_owner_token_day) then
    v_by_owner := take_letter_quota(p_address_key, true);
  end if;
  v_outcome := judge_registration(v_address, p_address_key, v_by_owner, p_envelope);
  v_claims := v_outcome in ('claimed', 'superseded');
  -- Where nothing is claimed, the same work is done for an address that nobody can have, and undone: both take as long.
  begin
    perform stake_claim(
      case when v_claims then p_email else encode(substring(p_address_key for 16), 'hex') || '@decoy.invalid' end,
      p_address_key, p_phc, p_username, p_locale, v_by_owner, p_claim_seconds, p_strict, p_claim_key_id, p_wrapped_key,
      p_sealed_details, p_envelope, p_request_id, case when v_claims then v_address end, v_at);
    if not v_claims then
      raise exception 'undo' using errcode = 'TR000';
    end if;
  exception
    when sqlstate 'TR000' then
      null;
  end;
  return v_outcome;
end
$$;

-- What stands in the way of somebody who says that a claim is theirs; null: nothing does.
create function refuse_claimant(p_address address, p_claim_id uuid, p_phc text, p_at timestamptz) returns text
  language plpgsql
as $$
begin
  return case
    when p_address.state is distinct from 'CLAIMED' or p_address.claim_id <> p_claim_id then 'no_claim'
    when p_address.expires_at <= p_at then 'expired'
    when not vault.claim_password_is(p_claim_id, p_phc) then 'wrong_password'
  end;
end
$$;

-- What stands in the way of another letter to a claimant; null: nothing does, and the letter is counted. A mute is the
-- owner's wish, and so is a claim with their token.
create function refuse_resend(p_claim address, p_address_key bytea, p_resends int, p_gap_seconds int, p_at timestamptz)
returns text
  language plpgsql
as $$
begin
  return case
    when p_claim.resends >= p_resends then 'resends_used_up'
    when p_claim.letter_at + make_interval(secs => p_gap_seconds) > p_at then 'too_soon'
    when not p_claim.by_owner and registration_is_muted(p_address_key) then 'muted'
    when not take_letter_quota(p_address_key, p_claim.by_owner) then 'over_quota'
  end;
end
$$;

-- POST /v1/registrations/resend: the same code again, and a later deadline.
create or replace function resend_code(
  p_email text, p_address_key bytea, p_claim_id uuid, p_phc text, p_envelope bytea, p_claim_seconds int,
  p_resends int, p_gap_seconds int
) returns text
  language plpgsql
as $$
declare
  v_address address := lock_address(p_email, p_address_key);
  v_at timestamptz := clock_timestamp();
  v_until timestamptz;
  v_refusal text := refuse_claimant(v_address, p_claim_id, p_phc, v_at);
begin
  perform clear_overdue(v_address, v_at);
  if v_refusal is null then
    v_refusal := refuse_resend(v_address, p_address_key, p_resends, p_gap_seconds, v_at);
  end if;
  if v_refusal is not null then
    return v_refusal;
  end if;
  -- The latest deadline there is stands in the past of this one, so a resend never shortens a claim.
  v_until := greatest(v_address.expires_at, least(
    v_at + make_interval(secs => p_claim_seconds),
    v_address.claimed_at + make_interval(secs => p_claim_seconds * (1 + p_resends))));
  update address
     set last_event = 'resent', moved_at = v_at, letter_at = v_at, expires_at = v_until, resends = resends + 1
   where email = p_email and claim_id = p_claim_id;
  perform drop_code_letters(p_claim_id);
  perform write_code_letter(p_envelope, p_address_key, p_claim_id, v_address.claim_key_id, v_address.code_length, v_until);
  return 'resent';
end
$$;

-- DELETE /v1/registrations: the claimant takes the claim back.
create or replace function withdraw_claim(p_email text, p_address_key bytea, p_claim_id uuid, p_phc text, p_request_id text)
returns text
  language plpgsql
as $$
declare
  v_address address := lock_address(p_email, p_address_key);
  v_at timestamptz := clock_timestamp();
  v_refusal text := refuse_claimant(v_address, p_claim_id, p_phc, v_at);
begin
  perform clear_overdue(v_address, v_at);
  if v_refusal is not null then
    return v_refusal;
  end if;
  perform end_claim(v_address, 'registration.withdrawn', p_request_id);
  delete from address where email = p_email;
  delete from audit_subject where id = v_address.subject_id;
  return 'withdrawn';
end
$$;

-- The strike of a wrong code. The first one enters the claim in the ledger, which only its activation takes back.
create or replace function strike_claim(p_address address, p_address_key bytea, p_at timestamptz, p_request_id text)
returns text
  language plpgsql
as $$
begin
  if p_address.strikes = 0 then
    insert into struck_claim (claim_id, address_key, struck_at) values (p_address.claim_id, p_address_key, p_at);
    perform note_breaker();
  end if;
  if p_address.strikes < 2 then
    update address set last_event = 'struck', moved_at = p_at, strikes = strikes + 1
     where email = p_address.email and claim_id = p_address.claim_id;
    return 'struck';
  end if;
  perform end_claim(p_address, 'registration.locked', p_request_id);
  update address
     set state = 'LOCKED', last_event = 'struck_out', moved_at = p_at, expires_at = p_at, claim_id = null,
         claim_key_id = null, code_length = null, claimed_at = null, letter_at = null, strikes = null, resends = null,
         wished_username = null, locale = null, by_owner = false
   where email = p_address.email and claim_id = p_address.claim_id;
  return 'struck_out';
end
$$;

-- The claim becomes an account. A user name that somebody took meanwhile is left out.
create or replace function open_account(p_address address, p_at timestamptz, p_request_id text, p_sealed_details bytea)
returns uuid
  language plpgsql
as $$
declare
  v_account_id uuid := uuid_v7();
begin
  insert into account (id, subject_id, username, locale)
  values (v_account_id, p_address.subject_id, p_address.wished_username, p_address.locale)
  on conflict on constraint username_is_unique do nothing;
  if not found then
    insert into account (id, subject_id, locale) values (v_account_id, p_address.subject_id, p_address.locale);
  end if;
  perform vault.promote_claim_password(p_address.claim_id, v_account_id);
  perform drop_code_letters(p_address.claim_id);
  delete from struck_claim where claim_id = p_address.claim_id;
  update address
     set state = 'ACTIVE', last_event = 'verified', moved_at = p_at, account_id = v_account_id,
         replayable_until = p_at + interval '60 seconds', claimed_at = null, letter_at = null, expires_at = null,
         strikes = null, resends = null, wished_username = null, locale = null, by_owner = false
   where email = p_address.email and claim_id = p_address.claim_id;
  perform write_audit('registration.activated', p_address.subject_id, p_request_id, p_sealed_details);
  return v_account_id;
end
$$;

create or replace function activate_claim(
  p_email text, p_address_key bytea, p_claim_id uuid, p_phc text, p_code_is_right boolean, p_request_id text,
  p_sealed_details bytea
) returns activation
  language plpgsql
as $$
declare
  v_address address := lock_address(p_email, p_address_key);
  v_at timestamptz := clock_timestamp();
begin
  -- What stood there before still decides: who is late is told apart from who never claimed.
  perform clear_overdue(v_address, v_at);
  if v_address.claim_id is distinct from p_claim_id then
    return activation_of(case when v_address.claim_id is null then 'no_claim' else 'another_claim' end, null);
  end if;
  if v_address.state = 'ACTIVE' then
    return case
      when v_address.replayable_until > v_at and p_code_is_right
        and vault.account_password_is(v_address.account_id, p_phc)
      then activation_of('replayed', v_address.account_id)
      else activation_of('refused_replay', null) end;
  end if;
  if v_address.expires_at <= v_at then
    return activation_of('expired', null);
  end if;
  if not vault.claim_password_is(p_claim_id, p_phc) then
    return activation_of('wrong_password', null);
  end if;
  if not p_code_is_right then
    return activation_of(strike_claim(v_address, p_address_key, v_at, p_request_id), null);
  end if;
  return activation_of('activated', open_account(v_address, v_at, p_request_id, p_sealed_details));
end
$$;

-- An owner token is good for seven days at least: on its day of issue and the seven after it, by the database's clock.
create or replace function owner_token_is_current(p_day int) returns boolean
  language sql
as $$
  select coalesce(floor(extract(epoch from clock_timestamp()) / 86400)::int - p_day between 0 and 7, false)
$$;

-- A mute that was made with a token on its last day lasts 30 more; until it ends, the token ends it.
create function owner_token_unmutes(p_day int) returns boolean
  language sql
as $$
  select coalesce(floor(extract(epoch from clock_timestamp()) / 86400)::int - p_day between 0 and 7 + 30, false)
$$;

-- POST /v1/registrations/mute: the owner of a mailbox wants no letters of registration for some days.
create or replace function mute_registration(p_address_key bytea, p_owner_token_day int, p_days int) returns boolean
  language plpgsql
as $$
begin
  if p_days = 0 and owner_token_unmutes(p_owner_token_day) then
    delete from registration_mute where address_key = p_address_key;
    return true;
  end if;
  if not owner_token_is_current(p_owner_token_day) then
    return false;
  end if;
  insert into registration_mute as mute (address_key, muted_until)
  values (p_address_key, clock_timestamp() + make_interval(days => p_days))
  on conflict on constraint registration_mute_pkey do update set muted_until = excluded.muted_until;
  return true;
end
$$;

-- Releases up to p_limit overdue or locked claims; null when another replica is at it. Once it holds an address it waits
-- for nobody: who is at an address or at its key is passed over, and a letter that is being sent has closed by itself.
create or replace function purge_claims(p_limit int) returns int
  language plpgsql
as $$
declare
  v_at timestamptz := clock_timestamp();
  v_emails text[];
  v_subjects uuid[];
  v_expired uuid[];
  v_claims uuid[];
begin
  if not purge_is_mine() then
    return null;
  end if;
  select array_agg(email), array_agg(subject_id),
         array_agg(subject_id) filter (where state = 'CLAIMED'), array_agg(claim_id) filter (where state = 'CLAIMED')
    into v_emails, v_subjects, v_expired, v_claims
    from (select email, subject_id, state, claim_id
            from address
            join audit_subject on audit_subject.id = address.subject_id
           where expires_at <= v_at
           order by expires_at limit p_limit
             for update skip locked) as dead;
  insert into audit_event (event, subject_id) select 'registration.expired', unnest(v_expired);
  delete from letter where id = any (array(
    select id from letter where claim_id = any (v_claims) for update skip locked));
  delete from address where email = any (v_emails);
  delete from audit_subject where id = any (v_subjects);
  return coalesce(cardinality(v_emails), 0);
end
$$;

-- A sender looks for letters that are due and still open: closed ones are passed over in the index.
drop index letter_by_due;
create index letter_by_due on letter (due_at, window_closes_at);
