import { BlockList, isIP, isIPv4 } from 'node:net';

/** Networks whose members may speak for others by X-Forwarded-For. */
export class TrustedProxies {
  readonly #networks = new BlockList();

  /** CIDR networks or single addresses, well-formed. */
  constructor(networks: readonly string[]) {
    for (const network of networks) {
      const [address = '', prefix] = network.split('/');
      const family = isIPv4(address) ? 'ipv4' : 'ipv6';
      if (prefix === undefined) this.#networks.addAddress(address, family);
      else this.#networks.addSubnet(address, Number(prefix), family);
    }
  }

  has(address: string): boolean {
    return this.#networks.check(address, isIPv4(address) ? 'ipv4' : 'ipv6');
  }
}

/** What counts as one source when the peer's address is not known. */
const UNKNOWN_SOURCE = 'unknown';

/**
 * Where a request comes from: an IPv4 address or an IPv6 /64 network. It is the peer of the socket, unless that is a
 * trusted proxy: then it is the rightmost untrusted address of X-Forwarded-For. What stands left of it, or of an entry
 * that is no address, was written by the client and counts for nothing.
 */
export function sourceOf(peer: string | undefined, forwardedFor: string | undefined, proxies: TrustedProxies): string {
  let nearest = parseAddress(peer ?? '');
  if (nearest === undefined) return UNKNOWN_SOURCE;
  const hops = forwardedFor === undefined ? [] : forwardedFor.split(',').reverse();
  for (const hop of hops) {
    if (!proxies.has(nearest)) break;
    const address = parseAddress(hop);
    if (address === undefined) break;
    nearest = address;
  }
  return isIPv4(nearest) ? nearest : network64(nearest);
}

const BRACKETED = /^\[([^\]]+)\](?::\d{1,5})?$/;
const WITH_PORT = /^(\d{1,3}(?:\.\d{1,3}){3}):\d{1,5}$/;
const GROUPS = 8;

// One spelling for one address, so that it cannot count as several; an IPv4-mapped one becomes IPv4.
function parseAddress(text: string): string | undefined {
  if (isIPv4(text)) return text;
  const trimmed = text.trim();
  const bare = BRACKETED.exec(trimmed)?.[1] ?? WITH_PORT.exec(trimmed)?.[1] ?? trimmed;
  const [address = ''] = bare.split('%', 1); // without the zone of a link-local address
  if (isIP(address) === 0) return undefined;
  if (isIPv4(address)) return address;
  const groups = groupsOf(address);
  const isMapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
  const [high = 0, low = 0] = groups.slice(6);
  return isMapped ? `${high >> 8}.${high & 0xff}.${low >> 8}.${low & 0xff}` : spell(groups);
}

function network64(address: string): string {
  return `${spell(groupsOf(address).slice(0, GROUPS / 2))}::/64`;
}

// URL brings any spelling, also one that ends in dotted decimals, to the one of RFC 5952.
function groupsOf(address: string): readonly number[] {
  const [head = '', tail = ''] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === '' ? [] : tail.split(':');
  const zeros = Array.from({ length: GROUPS - left.length - right.length }, () => '0');
  return [...left, ...zeros, ...right].map((group) => Number.parseInt(group, 16));
}

function spell(groups: readonly number[]): string {
  return groups.map((group) => group.toString(16)).join(':');
}
