'use client';

import { useSyncExternalStore } from 'react';

/** A moment, to the minute: in UTC, until a script knows where the reader is. What it is in UTC stays to be pointed at. */
export function Time({
  at,
  seconds = false,
}: {
  readonly at: string;
  /** To the second. */ readonly seconds?: boolean;
}) {
  const iso = new Date(at).toISOString();
  const utc = `${iso.slice(0, 10)} ${iso.slice(11, seconds ? 19 : 16)} UTC`;
  // The browser begins with what the server drew, and draws anew at once.
  const shown = useSyncExternalStore(
    never,
    () => localTime(at, seconds),
    () => utc,
  );
  return (
    <time className="nowrap" dateTime={iso} title={shown === utc ? undefined : utc}>
      {shown}
    </time>
  );
}

const never = () => () => undefined;

/** As the reader's clock shows it, with its zone. */
function localTime(at: string, seconds: boolean): string {
  const two = '2-digit';
  const format = new Intl.DateTimeFormat('en-GB', {
    ...{ year: 'numeric', month: two, day: two, hour: two, minute: two, timeZoneName: 'short' },
    ...(seconds ? { second: two } : {}),
  });
  const part = Object.fromEntries(format.formatToParts(new Date(at)).map(({ type, value }) => [type, value]));
  const { year, month, day, hour, minute, second, timeZoneName } = part;
  return `${year}-${month}-${day} ${hour}:${minute}${seconds ? `:${second}` : ''} ${timeZoneName}`;
}
