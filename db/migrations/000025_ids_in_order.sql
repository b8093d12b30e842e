-- Ids of one millisecond are in the order in which they were made: the bits behind the milliseconds count its parts
-- (RFC 9562, 6.2, method 3). So events of one request are told in the order in which they happened.
create or replace function uuid_v7() returns uuid
  language plpgsql parallel safe
as $$
declare
  v_microseconds constant bigint := extract(epoch from clock_timestamp()) * 1000000;
begin
  return encode(
    overlay(
      overlay(uuid_send(gen_random_uuid()) placing substring(int8send(v_microseconds / 1000) from 3) from 1 for 6)
      placing int2send((x'7000'::int + v_microseconds % 1000 * 4096 / 1000)::int2) from 7 for 2),
    'hex')::uuid;
end
$$;
