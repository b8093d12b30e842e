'use client';

import { useEffect, useState } from 'react';

import { roundedSpan, spanOf } from '../lib/spans.ts';

/**
 * How far the server's clock is ahead of the time that this page counts, in milliseconds. The clock of the browser may be
 * wrong by any amount. The greatest that was seen is the truest: a page that comes back from a cache tells an old time.
 */
let ahead = -Infinity;

/** Seconds that are left until a time by the server's clock, which showed `asOf` when the page was made. Undefined: no script runs yet. */
export function useSecondsUntil(until: number, asOf: number): number | undefined {
  const [seconds, setSeconds] = useState<number>();
  useEffect(() => {
    ahead = Math.max(ahead, asOf - performance.now());
    const look = (): void => setSeconds(Math.max(0, Math.ceil((until - ahead - performance.now()) / 1_000)));
    look();
    const timer = setInterval(look, 500);
    return () => clearInterval(timer);
  }, [until, asOf]);
  return seconds;
}

/** What is left of a time, as a bar and in words. Without a script it says until when. */
export function Countdown({
  id,
  until,
  asOf,
  of,
  over,
}: {
  readonly id: string;
  readonly until: number;
  /** What the server's clock showed when the page was made. */
  readonly asOf: number;
  /** Seconds of the whole. */
  readonly of: number;
  readonly over: string;
}) {
  const seconds = useSecondsUntil(until, asOf);
  if (seconds === undefined)
    return (
      <p className="hint" id={id}>
        {until <= asOf
          ? over
          : `It is good for ${spanOf(of)}, until ${new Date(until).toISOString().slice(11, 19)} UTC.`}
      </p>
    );
  return (
    <>
      <progress className="time-left" max={of} value={Math.min(of, seconds)} aria-hidden="true" />
      <div className="hint" id={id}>
        {seconds > 0 && `${roundedSpan(seconds)} left`}
        {/* The end alone is announced: each second would be a nuisance. */}
        <span role="status">{seconds > 0 ? '' : over}</span>
      </div>
    </>
  );
}
