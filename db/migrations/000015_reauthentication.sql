-- Reauthentication: the user of a session shows the password again.

create type reauthentication as (
  outcome     text,
  retry_after int,
  at          timestamptz,
  session     opened_session
);

-- POST /v1/sessions/current/reauthentication: the statement that decides. Locks are taken as at a log-in, the budget
-- first, then the account, then the session. What ends sessions at the same time comes before it or after it.
create function reauthenticate(p_account_id uuid, p_session_id uuid, p_phc text, p_budget bytea)
returns reauthentication
  language plpgsql
as $$
declare
  v_wait int := login_budget_wait(p_budget, 5, interval '15 minutes');
  v_account account;
  v_session session;
  v_at timestamptz;
begin
  if v_wait > 0 then
    return ('over_limit', v_wait, null, null)::reauthentication;
  end if;
  select * into v_account from account where id = p_account_id for no key update;
  select * into v_session from session where id = p_session_id and account_id = p_account_id for update;
  v_at := clock_timestamp();
  if v_session.id is null or v_session.credential_version <> v_account.credential_version
    or v_session.ends_at <= v_at or v_account.suspended_at is not null then
    return ('over', null, null, null)::reauthentication;
  end if;
  if not vault.account_password_is(p_account_id, p_phc) then
    update login_failure set failures = failures + 1 where budget_key = p_budget;
    return ('wrong_password', null, null, null)::reauthentication;
  end if;
  update login_failure set failures = 0 where budget_key = p_budget and failures > 0;
  -- Time and methods tell of one authentication: another factor that was shown at the log-in was not shown now.
  update session set authenticated_at = v_at, amr = array['pwd'] where id = p_session_id returning * into v_session;
  return ('reauthenticated', null, v_at,
          (v_session.id, v_account.id, v_session.generation, v_session.rotated_at,
           least(v_session.rotated_at + interval '14 days', v_session.ends_at), v_session.authenticated_at,
           v_session.amr, v_account.roles, v_account.device_version)::opened_session)::reauthentication;
end
$$;
