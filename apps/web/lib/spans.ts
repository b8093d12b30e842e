const UNITS = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
  ['second', 1],
] as const;

const ISO_UNITS: Readonly<Record<string, string>> = {
  Y: 'year',
  M: 'month',
  W: 'week',
  D: 'day',
  TH: 'hour',
  TM: 'minute',
  TS: 'second',
};

/** Seconds in words, in the largest unit that leaves nothing over: `7 days`. */
export function spanOf(seconds: number): string {
  const [unit, length] = UNITS.find(([, of]) => seconds >= of && seconds % of === 0) ?? ['second', 1];
  return counted(Math.ceil(seconds / length), unit);
}

/** A period of one unit (ISO 8601) in words; undefined: it is none. */
export function periodOf(text: string): string | undefined {
  const [, time = '', count = '', letter = ''] = /^P(T?)(\d+)([YMWDHS])$/.exec(text) ?? [];
  const unit = ISO_UNITS[time + letter];
  return unit === undefined ? undefined : counted(Number(count), unit);
}

/** A span of time, as people say it: rounded up, and never nothing. */
export function roundedSpan(seconds: number): string {
  if (seconds < 90) return counted(Math.max(1, seconds), 'second');
  const minutes = Math.ceil(seconds / 60);
  return minutes < 90 ? counted(minutes, 'minute') : counted(Math.ceil(minutes / 60), 'hour');
}

/** A number of things: `1 day`, `1,200 days`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString('en')} ${count === 1 ? one : many}`;
}
