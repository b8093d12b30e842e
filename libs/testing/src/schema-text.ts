import type { TestDatabase } from './fresh-database.ts';

/** What the migrations add up to, as SQL for readers: the same text on every PostgreSQL that is supported. */
export async function schemaText({ owner }: TestDatabase): Promise<string> {
  const parts = await owner<{ part: string }[]>`
    with tables as (
      select oid, relnamespace::regnamespace::text || '.' || relname as name, relowner::regrole::text as owner, reloptions
        from pg_class where relkind = 'r' and relnamespace in ('public'::regnamespace, 'vault'::regnamespace)),
    lines as (
      select tables.oid, 1 as kind, attnum::text as place,
             format('  %I %s%s%s', attname, format_type(atttypid, atttypmod), case when attnotnull then ' not null' else '' end,
                    case when attgenerated = 's' then ' generated always as (' || pg_get_expr(adbin, adrelid) || ') stored'
                         when adbin is not null then ' default ' || pg_get_expr(adbin, adrelid) else '' end) as line
        from tables join pg_attribute on attrelid = tables.oid and attnum > 0 and not attisdropped
        left join pg_attrdef on adrelid = attrelid and adnum = attnum
      union all
      select tables.oid, 2, conname, format('  constraint %I %s', conname, pg_get_constraintdef(pg_constraint.oid))
        from tables join pg_constraint on conrelid = tables.oid and contype <> 'n'),
    created as (
      select '1' || name as place,
             format(E'create table %s (\n%s\n)%s;\nalter table %s owner to %s;', name,
                    (select string_agg(line, E',\n' order by kind, case kind when 1 then lpad(place, 3, '0') else place end)
                       from lines where lines.oid = tables.oid),
                    coalesce(' with (' || array_to_string(reloptions, ', ') || ')', ''), name, owner)
             || coalesce((select string_agg(E'\n' || pg_get_indexdef(indexrelid) || ';', '' order by indexrelid::regclass::text)
                            from pg_index
                           where indrelid = tables.oid and not exists (select from pg_constraint where conindid = indexrelid)), '')
             || coalesce((select string_agg(E'\n' || pg_get_triggerdef(pg_trigger.oid) || ';', '' order by tgname)
                            from pg_trigger where tgrelid = tables.oid and not tgisinternal), '')
             || coalesce((select string_agg(format(E'\ngrant %s on %s to %s;', rights, name, grantee), '' order by grantee)
                            from (select grantee, string_agg(lower(privilege_type), ', ' order by privilege_type) as rights
                                    from information_schema.table_privileges
                                   where table_schema || '.' || table_name = name
                                     and grantee in ('troth_app', 'troth_vault') and grantee <> owner
                                     and privilege_type <> 'MAINTAIN'
                                   group by grantee) as granted), '')
             || coalesce((select string_agg(format(E'\ngrant %s (%I) on %s to %s;', lower(privilege_type), attname, name, grantee::regrole),
                                            '' order by attname, privilege_type)
                            from pg_attribute, aclexplode(attacl) where attrelid = tables.oid), '') as part
        from tables
      union all
      select '2' || pg_proc.oid::regprocedure::text,
             regexp_replace(pg_get_functiondef(pg_proc.oid), '\s+$', '') || E';\nalter function '
             || pg_proc.oid::regprocedure::text || ' owner to ' || proowner::regrole::text || ';'
        from pg_proc where pronamespace in ('public'::regnamespace, 'vault'::regnamespace))
    select part from created order by place collate "C"`;
  return `${parts.map(({ part }) => part).join('\n\n')}\n`;
}
