import type { IncomingHttpHeaders } from 'node:http';

const OWN_SITES: ReadonlySet<unknown> = new Set(['same-origin', 'same-site']);

/** Whether the browser vouches that a request was made by a page of a listed origin, on the site of the API itself. */
export function isFromWebPage(origins: readonly string[], headers: IncomingHttpHeaders): boolean {
  const { origin, 'sec-fetch-site': site } = headers;
  if (origin === undefined || !origins.includes(origin)) return false;
  // Browsers before 2023 do not send it, nor do others to a host without https. No page can choose its Origin or hold
  // Sec-Fetch-Site back, so where it is missing the listed Origin is proof enough; where it is there it has to agree.
  return site === undefined || OWN_SITES.has(site);
}
