/** Whether every column of a session that may be absent as a whole is there. */
export function isOpened<Columns extends object>(
  columns: Columns,
): columns is { readonly [Name in keyof Columns]: NonNullable<Columns[Name]> } & Columns {
  return Object.values(columns).every((value) => value !== null);
}
