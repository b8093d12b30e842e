const BROWSERS = [
  ['Edg', 'Edge'],
  ['OPR', 'Opera'],
  ['OPT/', 'Opera'],
  ['SamsungBrowser', 'Samsung Internet'],
  ['Firefox', 'Firefox'],
  ['FxiOS', 'Firefox'],
  ['Chrome', 'Chrome'],
  // On iPhones every browser also calls itself Safari.
  ['CriOS', 'Chrome'],
  ['Safari', 'Safari'],
] as const;
const SYSTEMS = [
  ['iPhone', 'iPhone'],
  ['iPad', 'iPad'],
  ['Android', 'Android'],
  ['Windows', 'Windows'],
  ['Mac OS', 'macOS'],
  ['CrOS', 'ChromeOS'],
  ['Linux', 'Linux'],
] as const;

/** How the list of sessions calls a browser, by its User-Agent: `Firefox on Linux`. */
export function deviceName(userAgent: string | null): string {
  const named = (list: typeof BROWSERS | typeof SYSTEMS) => list.find(([mark]) => userAgent?.includes(mark))?.[1];
  const [browser, system] = [named(BROWSERS) ?? 'A browser', named(SYSTEMS)];
  return system === undefined ? browser : `${browser} on ${system}`;
}
