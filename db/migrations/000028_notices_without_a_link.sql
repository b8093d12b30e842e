-- A security notice is never dropped; an identical one merges with it within an hour, while a link is there that its reader
-- can use: not after that was used, nor with the notice of a former account.
create or replace function write_notice(p_kind text, p_account_id uuid, p_address_key bytea, p_envelope bytea) returns void
  language plpgsql
as $$
declare
  -- Two of these name different days.
  v_per_hour constant int := case p_kind when 'deletion_scheduled' then 24 else 1 end;
begin
  if p_address_key is null then
    return;
  end if;
  if take_address_quota(p_address_key, p_kind, v_per_hour, 24)
    or (not exists (select from account_token
                     where account_id = p_account_id and purpose = 'not_me' and expires_at > clock_timestamp())
        and take_address_quota(p_address_key, p_kind, 24, 24)) then
    perform write_token_letter(p_kind, 'not_me', interval '7 days', p_account_id, p_address_key, p_envelope);
  end if;
end
$$;
