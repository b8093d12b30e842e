import type { Config } from '#platform/config/config';

/** Nothing may be loaded, run or framed: right for JSON, and where a page starts to allow what it needs. */
const NOTHING = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";
/** What Swagger UI needs: its own files, its inline styles and icons, and calls to the API. */
const API_PAGE =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; " +
  "frame-ancestors 'none'; base-uri 'none'; form-action 'none'";
const YEAR_SECONDS = 31_536_000;

/** The headers of every answer, which a route may replace one by one. */
export function securityHeaders(config: Config): Readonly<Record<string, string>> {
  return {
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'content-security-policy': NOTHING,
    'cross-origin-resource-policy': 'same-origin',
    ...(config.production ? { 'strict-transport-security': `max-age=${YEAR_SECONDS}` } : {}),
  };
}

/** The headers of the API page and its files, in place of the strict ones. */
export const API_PAGE_HEADERS: Readonly<Record<string, string>> = {
  'cache-control': 'public, max-age=300',
  'content-security-policy': API_PAGE,
};
