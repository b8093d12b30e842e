-- POST /v1/registrations. Somebody who knew the key of an address could claim its decoy, and learn whether the address is known.
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
  -- Where nothing is claimed, the same work is done for an address that nobody can guess, and undone: both take as long.
  begin
    perform stake_claim(
      case when v_claims then p_email else encode(uuid_send(gen_random_uuid()), 'hex') || '@decoy.invalid' end,
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
