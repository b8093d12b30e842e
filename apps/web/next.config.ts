import path from 'node:path';

import type { NextConfig } from 'next';

const config: NextConfig = {
  poweredByHeader: false,
  reactStrictMode: true,
  typedRoutes: false,
  devIndicators: false,
  // Nothing here needs the optimizer, which renders pages for whoever asks it to.
  images: { unoptimized: true },
  // The proxy sends browsers back for the very URL that they asked for, and has to know which of them is a router.
  skipProxyUrlNormalize: true,
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
          { key: 'Permissions-Policy', value: 'camera=(), microphone=(), geolocation=()' },
        ],
      },
    ]),
};

export default config;
