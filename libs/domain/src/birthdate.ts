const DAY = /^\d{4}-\d{2}-\d{2}$/;
const EARLIEST = '1900-01-01';

/** Whether a text is a calendar day on which somebody who lives can have been born, as far as `today` (a day) is not over. */
export function isBirthdate(text: string, today: string): boolean {
  if (!DAY.test(text) || text < EARLIEST || text > today) return false;
  const day = new Date(`${text}T00:00:00Z`);
  // 30 February is a day of March to the parser.
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(text);
}
