import type { Metadata } from 'next';

import { load } from '../../lib/troth.ts';
import { Guessing } from './guessing.tsx';
import { Inventory } from './inventory.tsx';
import { Retention } from './retention.tsx';

export const metadata: Metadata = { title: 'What is stored, and for how long' };

export default async function PrivacyPage() {
  const [inventory, retention, parameters] = await Promise.all([
    load((troth) => troth.api.GET('/v1/privacy/inventory')),
    load((troth) => troth.api.GET('/v1/privacy/retention')),
    load((troth) => troth.api.GET('/v1/security/parameters')),
  ]);
  return (
    <div className="wide reading">
      <h1>What is stored, and for how long</h1>
      <p>
        The service tells this about itself, out of its own rules: it is what is there, not what somebody once promised.
        What is stored about you in particular, your account shows, and it can be taken along as a file.
      </p>
      <Inventory data={inventory.data} />
      <Retention retention={retention} />
      <Guessing parameters={parameters} />
    </div>
  );
}
