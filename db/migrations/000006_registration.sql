-- The moves of the trust machine. Each function is one transaction of one statement: it locks the address first
-- (touch_address, then the row), reads the clock after that, and decides by it.

-- An overdue or locked claim gives the address back, with everything that was provisional.
create function release_dead_claim(p_dead address) returns void
  language plpgsql
as $$
begin
  if p_dead.state = 'CLAIMED' then
    perform drop_code_letters(p_dead.claim_id);
    perform write_audit('registration.expired', p_dead.subject_id, null, null);
  end if;
  delete from address where email = p_dead.email;
  delete from audit_subject where id = p_dead.subject_id;
end
$$;

-- A new claim in place of none, or in place of the claim of somebody who does not own the mailbox.
create function stake_claim(
  p_email text, p_address_key bytea, p_phc text, p_username text, p_locale text, p_claim_seconds int, p_strict boolean,
  p_claim_key_id text, p_wrapped_key bytea, p_sealed_details bytea, p_envelope bytea, p_request_id text,
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
                         letter_at, expires_at, strikes, resends, wished_username, locale)
    values (p_email, 'CLAIMED', 'claimed', p_at, v_subject_id, v_claim_id, p_claim_key_id, v_code_length, p_at,
            p_at, v_until, 0, 0, p_username, p_locale);
  else
    perform vault.forget_claim_password(p_superseded.claim_id);
    perform drop_code_letters(p_superseded.claim_id);
    update address
       set last_event = 'superseded', moved_at = p_at, subject_id = v_subject_id, claim_id = v_claim_id,
           claim_key_id = p_claim_key_id, code_length = v_code_length, claimed_at = p_at, letter_at = p_at,
           expires_at = v_until, strikes = 0, resends = 0, wished_username = p_username, locale = p_locale
     where email = p_email and claim_id = p_superseded.claim_id;
    perform write_audit('registration.superseded', p_superseded.subject_id, p_request_id, null);
    delete from audit_subject where id = p_superseded.subject_id;
  end if;
  perform vault.keep_claim_password(v_claim_id, p_phc);
  perform write_code_letter(p_envelope, p_address_key, v_claim_id, p_claim_key_id, v_code_length, v_until);
  perform write_audit('registration.claimed', v_subject_id, p_request_id, p_sealed_details);
end
$$;

-- The address is active: its owner is told, at most once a day, unless they muted such letters.
create function notify_active_address(p_address_key bytea, p_envelope bytea) returns text
  language plpgsql
as $$
begin
  if registration_is_muted(p_address_key) then
    return 'muted';
  end if;
  if not take_address_quota(p_address_key, 'already_registered', 1, 1) then
    return 'over_quota';
  end if;
  insert into letter (kind, envelope, address_key, window_closes_at)
  values ('already_registered', p_envelope, p_address_key, clock_timestamp() + interval '24 hours');
  return 'notified';
end
$$;

-- POST /v1/registrations. The outcome is for logs and metrics: every outcome but conflict has the same answer.
create function register(
  p_email text, p_address_key bytea, p_phc text, p_username text, p_locale text, p_owner_token_day int,
  p_claim_seconds int, p_strict boolean, p_claim_key_id text, p_wrapped_key bytea, p_sealed_details bytea,
  p_envelope bytea, p_request_id text, p_idempotency_scope bytea, p_fingerprint bytea
) returns text
  language plpgsql
as $$
declare
  v_address address;
  v_at timestamptz;
  v_key text := 'fresh';
  v_outcome text;
begin
  if p_idempotency_scope is not null then
    v_key := take_idempotency_key(p_idempotency_scope, p_fingerprint);
  end if;
  perform touch_address(p_address_key);
  if v_key <> 'fresh' then
    return v_key;
  end if;
  select * into v_address from address where email = p_email for update;
  v_at := clock_timestamp();
  if v_address.state = 'LOCKED' or v_address.state = 'CLAIMED' and v_address.expires_at <= v_at then
    perform release_dead_claim(v_address);
    v_address := null;
  end if;
  v_outcome := case
    when v_address.state = 'ACTIVE' then notify_active_address(p_address_key, p_envelope)
    when owner_token_is_current(p_owner_token_day) and take_address_quota(p_address_key, 'owner_token', 5, 5)
      then case when v_address.state = 'CLAIMED' then 'superseded' else 'claimed' end
    when v_address.state = 'CLAIMED' then 'already_claimed'
    when registration_is_muted(p_address_key) then 'muted'
    when take_address_quota(p_address_key, 'registration_letters', 10, 20) then 'claimed'
    else 'over_quota'
  end;
  -- Where nothing is claimed, the same work is done for an address that nobody can have, and undone: both take as long.
  begin
    if v_outcome in ('claimed', 'superseded') then
      perform stake_claim(p_email, p_address_key, p_phc, p_username, p_locale, p_claim_seconds, p_strict, p_claim_key_id,
                          p_wrapped_key, p_sealed_details, p_envelope, p_request_id, v_address, v_at);
    else
      perform stake_claim(encode(substring(p_address_key for 16), 'hex') || '@decoy.invalid', p_address_key, p_phc,
                          p_username, p_locale, p_claim_seconds, p_strict, p_claim_key_id, p_wrapped_key,
                          p_sealed_details, p_envelope, p_request_id, null, v_at);
      raise exception 'undo' using errcode = 'TR000';
    end if;
  exception
    when sqlstate 'TR000' then
      null;
  end;
  return v_outcome;
end
$$;

-- POST /v1/registrations/resend: the same code again, and a later deadline.
create function resend_code(
  p_email text, p_address_key bytea, p_claim_id uuid, p_phc text, p_envelope bytea, p_claim_seconds int,
  p_resends int, p_gap_seconds int
) returns text
  language plpgsql
as $$
declare
  v_address address;
  v_at timestamptz;
  v_until timestamptz;
begin
  perform touch_address(p_address_key);
  select * into v_address from address where email = p_email for update;
  v_at := clock_timestamp();
  if v_address.state is distinct from 'CLAIMED' or v_address.claim_id <> p_claim_id then
    return 'no_claim';
  end if;
  if v_address.expires_at <= v_at then
    perform release_dead_claim(v_address);
    return 'expired';
  end if;
  if not vault.claim_password_is(p_claim_id, p_phc) then
    return 'wrong_password';
  end if;
  if v_address.resends >= p_resends then
    return 'resends_used_up';
  end if;
  if v_address.letter_at + make_interval(secs => p_gap_seconds) > v_at then
    return 'too_soon';
  end if;
  if registration_is_muted(p_address_key) then
    return 'muted';
  end if;
  if not take_address_quota(p_address_key, 'registration_letters', 10, 20) then
    return 'over_quota';
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
create function withdraw_claim(p_email text, p_address_key bytea, p_claim_id uuid, p_phc text, p_request_id text) returns text
  language plpgsql
as $$
declare
  v_address address;
begin
  perform touch_address(p_address_key);
  select * into v_address from address where email = p_email for update;
  if v_address.state is distinct from 'CLAIMED' or v_address.claim_id <> p_claim_id then
    return 'no_claim';
  end if;
  if v_address.expires_at <= clock_timestamp() then
    perform release_dead_claim(v_address);
    return 'expired';
  end if;
  if not vault.claim_password_is(p_claim_id, p_phc) then
    return 'wrong_password';
  end if;
  perform drop_code_letters(p_claim_id);
  perform write_audit('registration.withdrawn', v_address.subject_id, p_request_id, null);
  delete from address where email = p_email;
  delete from audit_subject where id = v_address.subject_id;
  return 'withdrawn';
end
$$;

-- POST /v1/registrations/mute: the owner of a mailbox wants no letters of registration for some days.
create function mute_registration(p_address_key bytea, p_owner_token_day int, p_days int) returns boolean
  language plpgsql
as $$
begin
  if not owner_token_is_current(p_owner_token_day) then
    return false;
  end if;
  if p_days = 0 then
    delete from registration_mute where address_key = p_address_key;
  else
    insert into registration_mute as mute (address_key, muted_until)
    values (p_address_key, clock_timestamp() + make_interval(days => p_days))
    on conflict on constraint registration_mute_pkey do update set muted_until = excluded.muted_until;
  end if;
  return true;
end
$$;
