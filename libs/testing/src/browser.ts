import { accessSync, constants, mkdirSync } from 'node:fs';
import path from 'node:path';

import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';

/** Where the pictures of pages go. Git ignores it. */
const PICTURES = 'screenshots';
const SYSTEM_BROWSERS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const NO_BROWSER = 'There is no Chromium here: install it, or set CHROMIUM_PATH.';
/** Nothing but the pages of the test: no updates, no accounts, no guesses at what might be wanted next. */
const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1',
];
const WIDE = { width: 1280, height: 900 };
/** Of a telephone. */
export const NARROW = { width: 390, height: 844 };
/** Of a small one, or of a page that somebody enlarges to four times its size (WCAG 2.2, 1.4.10). */
const SMALL = { width: 320, height: 640 };
const LOOKS = [
  ['wide', 'light', WIDE],
  ['narrow', 'light', NARROW],
  ['dark', 'dark', NARROW],
  ['small', 'light', SMALL],
  ['wide-dark', 'dark', WIDE],
] as const;

/** The program of a browser: what CHROMIUM_PATH names, or else what the system has; undefined when there is none. */
export function findBrowser(named = process.env.CHROMIUM_PATH): string | undefined {
  return (named ? [named] : SYSTEM_BROWSERS).find((program) => {
    try {
      accessSync(program, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/**
 * Tests that need a browser. Without one they are left out, loudly; in CI, where one has to be, they fail instead. `part`
 * says what would go untested.
 */
export function describeInBrowser(part: string, tests: (browser: TestBrowser) => void): void {
  const program = findBrowser();
  const browser = new TestBrowser(program);
  if (program === undefined && process.env.CI === 'true') {
    test(`${part} in a browser`, () => {
      throw new Error(NO_BROWSER);
    });
  } else if (program === undefined) {
    process.stderr.write(`\nLEFT OUT: ${part} in a browser. ${NO_BROWSER}\n\n`);
    describe.skip(`${part} in a browser`, () => tests(browser));
  } else {
    describe(`${part} in a browser`, () => {
      beforeAll(() => browser.start(), 60_000);
      afterAll(() => browser.stop());
      tests(browser);
    });
  }
}

/** A page that a test looks at, and what went wrong on it. */
export interface Visit {
  readonly page: Page;
  /**
   * What should not be: lines of the console but plain messages, errors of scripts, whatever the policy of the page
   * refuses, requests to another origin, and those that failed.
   */
  readonly faults: readonly string[];
}

/** One browser, with a profile of its own that goes away. */
export class TestBrowser {
  #browser: Browser | undefined;

  constructor(private readonly program = findBrowser()) {}

  /** Starts the browser. */
  async start(): Promise<void> {
    if (this.program === undefined) throw new Error(NO_BROWSER);
    this.#browser = await chromium.launch({ executablePath: this.program, args: FLAGS });
  }

  /** Ends it with all its pages. */
  async stop(): Promise<void> {
    await this.#browser?.close();
  }

  /** Opens an address in a session of its own: no cookies or cache of another visit. */
  async visit(url: string, options: BrowserContextOptions = {}): Promise<Visit> {
    if (!this.#browser) throw new Error('the browser is not running');
    const context = await this.#browser.newContext({
      viewport: WIDE,
      colorScheme: 'light',
      timezoneId: 'UTC',
      ...options,
    });
    const page = await context.newPage();
    const faults = faultsOf(page, new URL(url).origin);
    await page.goto(url, { waitUntil: 'networkidle' });
    return { page, faults };
  }
}

/** Keeps pictures of a page, down to where it gets long, for whoever wants to look. */
export async function takePictures(page: Page, name: string): Promise<void> {
  mkdirSync(PICTURES, { recursive: true });
  for (const [look, colorScheme, { width, height }] of LOOKS) {
    await page.setViewportSize({ width, height });
    await page.emulateMedia({ colorScheme });
    const clip = { x: 0, y: 0, width, height: 3 * height };
    await page.screenshot({ path: path.join(PICTURES, `${name}-${look}.png`), fullPage: true, clip });
  }
  await page.setViewportSize(WIDE);
  await page.emulateMedia({ colorScheme: 'light' });
}

/** Whether the page has to be moved sideways to be read on a narrow screen, or on a very small one. */
export async function isTooWide(page: Page): Promise<boolean> {
  const wider: boolean[] = [];
  for (const size of [NARROW, SMALL]) {
    await page.setViewportSize(size);
    wider.push(await page.evaluate<boolean>('document.documentElement.scrollWidth > window.innerWidth'));
  }
  await page.setViewportSize(WIDE);
  return wider.includes(true);
}

function faultsOf(page: Page, origin: string): readonly string[] {
  const faults: string[] = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) faults.push(`${message.type()}: ${message.text()}`);
  });
  page.on('pageerror', (error) => faults.push(`thrown: ${error.message}`));
  page.on('request', (request) => {
    const { protocol, origin: asked } = new URL(request.url());
    if (protocol !== 'data:' && asked !== origin) faults.push(`elsewhere: ${request.url()}`);
  });
  page.on('requestfailed', (request) => faults.push(`failed: ${request.url()} ${request.failure()?.errorText ?? ''}`));
  page.on('response', (response) => {
    if (response.status() >= 400) faults.push(`answered ${response.status()}: ${response.url()}`);
  });
  return faults;
}
