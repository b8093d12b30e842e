import type { Page, PageWanted } from '#data/page';
import type { KeyRing } from '#platform/keys/key-ring';
import { Problem } from '#platform/problems/problem';

import { type PageQuery, USUAL_LIMIT } from './page-query.dto.ts';

/** The lists that have pages, by the names that their cursors carry. */
export type PagedList = 'users' | 'audit-events' | 'activity';

/** The page that a request asks for. A cursor that is not of this list is answered 422. */
export function pageWanted(keys: KeyRing, list: PagedList, { limit, cursor }: PageQuery): PageWanted {
  const behind = cursor === undefined ? null : keys.openCursor(list, cursor);
  if (behind === undefined) {
    const detail = 'This is no cursor of this list.';
    throw new Problem('validation-failed', { errors: [{ pointer: '/cursor', code: 'cursor', detail }] });
  }
  return { behind, limit: limit === undefined ? USUAL_LIMIT : Number(limit) };
}

/** A page as it is answered: its entries, and where the next one begins; null: there is none. */
export function pageAnswer<Entry, Shown>(
  keys: KeyRing,
  list: PagedList,
  { entries, hasMore }: Page<Entry>,
  idOf: (entry: Entry) => string,
  shown: (entry: Entry) => Shown,
): { data: Shown[]; next_cursor: string | null } {
  const last = entries.at(-1);
  const next_cursor = hasMore && last !== undefined ? keys.cursor(list, idOf(last)) : null;
  return { data: entries.map(shown), next_cursor };
}
