-- POST /v1/sessions. A log-in with a device locks its own budget and the account, and clears that of the source as well, which one
-- without a device locks before the account.
create or replace function log_in(
  p_account_id uuid, p_phc text, p_address_budget bytea, p_source_budget bytea, p_device_budget bytea,
  p_device_name text, p_request_id text, p_sealed_details bytea, p_credential_version int default null
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
  -- One that is counted by another log-in at this moment stays as it is: it is locked before the account is.
  update login_failure set failures = 0
   where budget_key in (select budget_key from login_failure
                         where budget_key in (p_source_budget, p_device_budget) and failures > 0
                           for update skip locked);
  v_account.credential_version := coalesce(p_credential_version, v_account.credential_version);
  v_session := open_session(v_account, array['pwd'], p_device_name, p_request_id, p_sealed_details);
  return (case when v_session.session_id is null then 'suspended' else 'logged_in' end, null, v_session)::login;
end
$$;
