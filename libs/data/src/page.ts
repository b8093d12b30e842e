/** A page of a list: so many of what stands behind an id, newest first. */
export interface PageWanted {
  /** Null: from the newest on. */
  readonly behind: string | null;
  readonly limit: number;
}

/** A page, and whether there is another one behind it. */
export interface Page<Entry> {
  readonly entries: readonly Entry[];
  readonly hasMore: boolean;
}
