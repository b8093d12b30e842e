import type { Sql } from './database.ts';

/** The key of the audit details of one subject, wrapped; its first four bytes name the secret. */
export interface SubjectKey {
  readonly subjectId: string;
  readonly wrappedKey: Uint8Array;
}

/** A wrapped key and what is to stand in its place. */
export interface RewrappedKey extends SubjectKey {
  readonly formerKey: Uint8Array;
}

/** Up to `limit` subject keys by id, from behind the given one; undefined: from the first. */
export async function listSubjectKeys(
  sql: Sql,
  behind: string | undefined,
  limit: number,
): Promise<readonly SubjectKey[]> {
  return sql<SubjectKey[]>`
    select id as "subjectId", wrapped_key as "wrappedKey" from audit_subject
     where id > ${behind ?? '00000000-0000-0000-0000-000000000000'}::uuid
     order by id
     limit ${limit}::int
  `;
}

/**
 * Puts keys in the place of the former ones; resolves to how many. Passes over a subject that is gone, that somebody
 * works on, or whose key is not the former one any more. Nobody who refers to a subject meanwhile waits for it.
 */
export async function replaceSubjectKeys(sql: Sql, keys: readonly RewrappedKey[]): Promise<number> {
  const rows = await sql<{ id: string }[]>`
    with anew as materialized (
      select subject_id, decode(former_hex, 'hex') as former_key, decode(wrapped_hex, 'hex') as wrapped_key
        from unnest(${keys.map(({ subjectId }) => subjectId)}::uuid[],
                    ${keys.map(({ formerKey }) => hex(formerKey))}::text[],
                    ${keys.map(({ wrappedKey }) => hex(wrappedKey))}::text[]) as given (subject_id, former_hex, wrapped_hex)),
    free as materialized (
      select id from audit_subject
       where id = any (array(select subject_id from anew))
       order by id
         for no key update skip locked)
    update audit_subject
       set wrapped_key = anew.wrapped_key
      from anew
      join free on free.id = anew.subject_id
     where audit_subject.id = free.id and audit_subject.wrapped_key = anew.former_key
    returning audit_subject.id
  `;
  return rows.length;
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
