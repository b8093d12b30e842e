import { isFromWebPage } from './web-page.ts';

const PAGE = 'https://app.example.com';
const ORIGINS = [PAGE, 'http://localhost:5173'];

test.each([
  [{ origin: PAGE, 'sec-fetch-site': 'same-site' }],
  [{ origin: PAGE, 'sec-fetch-site': 'same-origin' }],
  [{ origin: 'http://localhost:5173', 'sec-fetch-site': 'same-site' }],
  // An older browser, or a host without https.
  [{ origin: PAGE }],
])('%j is a page of ours', (headers) => {
  expect(isFromWebPage(ORIGINS, headers)).toBe(true);
  expect(isFromWebPage([], headers)).toBe(false);
});

test.each([
  [{}],
  [{ 'sec-fetch-site': 'same-origin' }],
  [{ origin: '' }],
  [{ origin: 'null' }],
  [{ origin: 'null', 'sec-fetch-site': 'same-origin' }],
  [{ origin: 'http://app.example.com' }],
  [{ origin: 'https://app.example.com:8443' }],
  [{ origin: 'https://app.example.com/' }],
  [{ origin: 'https://example.com' }],
  [{ origin: 'https://www.app.example.com' }],
  [{ origin: 'https://app.example.com.evil.example' }],
  [{ origin: 'HTTPS://APP.EXAMPLE.COM' }],
  [{ origin: `${PAGE}, ${PAGE}` }],
  [{ origin: `${PAGE} ${PAGE}` }],
  [{ origin: PAGE, 'sec-fetch-site': 'cross-site' }],
  [{ origin: PAGE, 'sec-fetch-site': 'none' }],
  [{ origin: PAGE, 'sec-fetch-site': '' }],
  [{ origin: PAGE, 'sec-fetch-site': 'Same-Site' }],
  [{ origin: PAGE, 'sec-fetch-site': 'same-site, same-site' }],
])('%j is not', (headers) => {
  expect(isFromWebPage(ORIGINS, headers)).toBe(false);
});
