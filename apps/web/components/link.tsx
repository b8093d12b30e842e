import NextLink from 'next/link';
import type { ComponentProps } from 'react';

/** A link that fetches nothing in advance: every page here is read from the API for whoever looks, and what is shown is told to them. */
export function Link(props: Omit<ComponentProps<typeof NextLink>, 'prefetch'>) {
  return <NextLink {...props} prefetch={false} />;
}
