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

function counted(count: number, unit: string): string {
  return `${count} ${unit}${count === 1 ? '' : 's'}`;
}
