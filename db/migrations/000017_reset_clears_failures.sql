-- Whoever guessed at their own password until they had to wait, and then sets a new one by mail, may log in with it at once.

drop function reset_password(uuid, text, text, bytea, bytea, bytea);

-- POST /v1/password-resets/confirm. What was opened with the former password is over; false: the token is not good.
create function reset_password(
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
  update account set device_version = device_version + 1 where id = v_account.id;
  -- A log-in locks its budgets before the account: one that is under way keeps them, so that neither waits for the other.
  delete from login_failure
   where budget_key in (select budget_key from login_failure where budget_key = any (p_budgets) for update skip locked);
  perform write_audit('password.reset', v_account.subject_id, p_request_id, p_sealed_details);
  perform write_notice('password_changed', v_account.id, p_address_key, p_envelope);
  return true;
end
$$;
