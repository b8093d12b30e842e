-- POST /v1/registrations/activation: the statement that decides. Two factors of one claim, three strikes, one deadline.

create type activation as (
  outcome      text,
  account_id   uuid,
  username     text,
  display_name text,
  birthdate    text,
  locale       text,
  roles        text[],
  mfa_enabled  boolean,
  created_at   timestamptz,
  updated_at   timestamptz
);

create function activation_of(p_outcome text, p_account_id uuid) returns activation
  language sql
as $$
  select p_outcome, id, username, display_name, birthdate::text, locale, roles, mfa_enabled, created_at, updated_at
    from (select p_account_id as wanted) as given left join account on account.id = given.wanted
$$;

-- The strike of a wrong code. The first one enters the claim in the ledger, which only its activation takes back.
create function strike_claim(p_address address, p_address_key bytea, p_at timestamptz, p_request_id text) returns text
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
  perform vault.forget_claim_password(p_address.claim_id);
  perform drop_code_letters(p_address.claim_id);
  perform write_audit('registration.locked', p_address.subject_id, p_request_id, null);
  update address
     set state = 'LOCKED', last_event = 'struck_out', moved_at = p_at, expires_at = p_at, claim_id = null,
         claim_key_id = null, code_length = null, claimed_at = null, letter_at = null, strikes = null, resends = null,
         wished_username = null, locale = null
   where email = p_address.email and claim_id = p_address.claim_id;
  return 'struck_out';
end
$$;

-- The claim becomes an account. A user name that somebody took meanwhile is left out.
create function open_account(p_address address, p_at timestamptz, p_request_id text, p_sealed_details bytea) returns uuid
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
         strikes = null, resends = null, wished_username = null, locale = null
   where email = p_address.email and claim_id = p_address.claim_id;
  perform write_audit('registration.activated', p_address.subject_id, p_request_id, p_sealed_details);
  return v_account_id;
end
$$;

create function activate_claim(
  p_email text, p_address_key bytea, p_claim_id uuid, p_phc text, p_code_is_right boolean, p_request_id text,
  p_sealed_details bytea
) returns activation
  language plpgsql
as $$
declare
  v_address address;
  v_at timestamptz;
begin
  perform touch_address(p_address_key);
  select * into v_address from address where email = p_email for update;
  v_at := clock_timestamp();
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
    perform release_dead_claim(v_address);
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
