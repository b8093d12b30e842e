import './styles/base.css';
import './styles/frame.css';
import './styles/forms.css';
import './styles/parts.css';
import './styles/admin.css';

import type { Metadata, Viewport } from 'next';
import type { ReactNode } from 'react';

import { Footer } from '../components/footer.tsx';
import { Top } from '../components/top.tsx';

export const metadata: Metadata = {
  title: { default: 'Troth', template: '%s · Troth' },
  robots: { index: false },
};
export const viewport: Viewport = { width: 'device-width', initialScale: 1 };

export default function RootLayout({ children }: { readonly children: ReactNode }) {
  return (
    <html lang="en">
      <body>
        <a className="skip" href="#main">
          Go to the content
        </a>
        <Top />
        <main id="main">{children}</main>
        <Footer />
      </body>
    </html>
  );
}
