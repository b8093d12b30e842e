import path from 'node:path';

import type { NextConfig } from 'next';
import { PHASE_DEVELOPMENT_SERVER } from 'next/constants.js';

const YEAR_SECONDS = 31_536_000;

const config = (phase: string): NextConfig => ({
  poweredByHeader: false,
  reactStrictMode: true,
  devIndicators: false,
  // Nothing here needs the optimizer, which renders pages for whoever asks it to.
  images: { unoptimized: true },
  // The proxy sends browsers back for the very URL that they asked for, and has to know which of them is a router.
  skipProxyUrlNormalize: true,
  // Of what does not say its length no more than this is read; see server.mjs.
  experimental: { proxyClientMaxBodySize: '64kb' },
  // Browsers ask for it by themselves where a document names none, such as a refusal.
  rewrites: () => Promise.resolve([{ source: '/favicon.ico', destination: '/icon.svg' }]),
  turbopack: { root: path.join(import.meta.dirname, '..', '..') },
  headers: () =>
    Promise.resolve([
      {
        source: '/:path*',
        headers: [
          // Links in letters carry tokens in their query: nobody hears of them. `no-referrer` would make the Origin of a form null, and
          // Next.js refuses such forms.
          { key: 'Referrer-Policy', value: 'strict-origin' },
          { key: 'X-Content-Type-Options', value: 'nosniff' },
          { key: 'X-Frame-Options', value: 'DENY' },
          { key: 'Cross-Origin-Opener-Policy', value: 'same-origin' },
          // Browsers heed it by https alone.
          ...(phase === PHASE_DEVELOPMENT_SERVER
            ? []
            : [{ key: 'Strict-Transport-Security', value: `max-age=${YEAR_SECONDS}` }]),
          { key: 'Permissions-Policy', value: 'camera=(), microphone=(), geolocation=()' },
        ],
      },
    ]),
});

export default config;
