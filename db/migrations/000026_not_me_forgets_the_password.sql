-- POST /v1/security/not-me. False for a token that is used, too old or unknown.
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
  -- Whoever set it knows it, and would be back before the reset mail is read.
  perform vault.forget_account_password(v_account.id);
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
