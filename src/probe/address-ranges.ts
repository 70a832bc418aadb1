import ipaddr from 'ipaddr.js';

export type TargetPolicy = 'private-allowed' | 'public-only';

export interface AddressGuard {
  readonly policy: TargetPolicy;
  /** The reason an IP address (with or without brackets or zone) must not be connected to; null when it may be. */
  check(address: string): string | null;
}

type Range = [ipaddr.IPv4 | ipaddr.IPv6, number];
const ranges = (...cidrs: string[]): Range[] => cidrs.map((cidr) => ipaddr.parseCIDR(cidr));

/**
 * Metadata services of AWS (also ECS, EKS and IPv6), Azure, Google, Alibaba, Oracle and Scaleway. Several of them are
 * plain or private unicast to ipaddr.js; whoever reads them gets the credentials of the machine.
 */
const METADATA = ranges(
  '169.254.169.254/32',
  '169.254.170.0/24',
  '169.254.42.42/32',
  '100.100.100.200/32',
  '192.0.0.192/32',
  '168.63.129.16/32',
  'fd00:ec2::/32',
  'fd20:ce::254/128',
  'fd00:42::42/128',
);
const LINK_LOCAL = ranges('169.254.0.0/16', 'fe80::/10');
/** RFC 4291 2.5.5.1: deprecated, and one more spelling of an IPv4 address. `::` and `::1` are judged before it. */
const IPV4_COMPATIBLE = ranges('::/96');
/** Global unicast (RFC 4291 2.4) is an allow-list; what is carved out of it follows. */
const GLOBAL_V6 = ranges('2000::/3');
const SPECIAL_V6 = ranges('2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20');
const SPECIAL_V4 = ranges('192.88.99.0/24', '198.18.0.0/15', '192.31.196.0/24', '192.52.193.0/24', '192.175.48.0/24');
/** Prefixes whose addresses carry an IPv4 address, and the byte it begins at (RFC 4291, 6052, 8215, 6145, 3056). */
const CARRIERS: [Range, number][] = [
  ['::ffff:0:0/96', 12],
  ['64:ff9b::/96', 12],
  ['64:ff9b:1::/48', 12],
  ['::ffff:0:0:0/96', 12],
  ['2002::/16', 2],
].map(([cidr, at]) => [ipaddr.parseCIDR(cidr as string), at as number]);
/** Translated forms that stand for the IPv4 address itself; the others are tunnels, refused as such in public-only. */
const TRANSLATING = 2;

/**
 * Why an IP address (with or without brackets or zone) must not be connected to; null when it may be. Metadata and
 * link-local addresses are refused under both policies, `public-only` refuses everything but global unicast. IPv4 inside
 * IPv6 (mapped, NAT64, 6to4) is unwrapped first.
 */
export function refusalOf(text: string, policy: TargetPolicy): string | null {
  const bare = hexadecimal((text.startsWith('[') ? text.slice(1, -1) : text).replace(/%.*$/, ''));
  if (!ipaddr.isValid(bare)) return 'not an IP address';
  const address = ipaddr.parse(bare);
  for (const [index, [range, at]] of CARRIERS.entries()) {
    if (!within(address, [range])) continue;
    const inner = judgePlain(ipaddr.fromByteArray(address.toByteArray().slice(at, at + 4)), policy);
    if (inner) return `${inner} inside ${bare}`;
    if (index < TRANSLATING) return null;
  }
  return judgePlain(address, policy);
}

/** ipaddr.js reads `::1.2.3.4` as if it were mapped; without dots it reads every form as what it is. */
function hexadecimal(bare: string): string {
  if (!bare.includes(':') || !bare.includes('.')) return bare;
  return URL.parse(`http://[${bare}]`)?.hostname.slice(1, -1) ?? bare;
}

function judgePlain(address: ipaddr.IPv4 | ipaddr.IPv6, policy: TargetPolicy): string | null {
  if (within(address, METADATA)) return 'cloud metadata address';
  if (within(address, LINK_LOCAL)) return 'link-local address';
  const range = address.range();
  if (range !== 'unspecified' && range !== 'loopback' && within(address, IPV4_COMPATIBLE))
    return 'IPv4-compatible address';
  if (policy === 'private-allowed') return null;
  if (address.kind() === 'ipv6' && !within(address, GLOBAL_V6)) return NAMES[range] ?? 'not a public address';
  if (within(address, SPECIAL_V6) || within(address, SPECIAL_V4)) return NAMES[range] ?? 'not a public address';
  return range === 'unicast' ? null : (NAMES[range] ?? 'not a public address');
}

const NAMES: Record<string, string> = {
  loopback: 'loopback address',
  private: 'private address',
  uniqueLocal: 'private address',
  carrierGradeNat: 'private address (carrier-grade NAT)',
  multicast: 'multicast address',
  broadcast: 'broadcast address',
  unspecified: 'unspecified address',
  '6to4': '6to4 address',
  teredo: 'Teredo address',
};

function within(address: ipaddr.IPv4 | ipaddr.IPv6, list: Range[]): boolean {
  return list.some(([base, bits]) => base.kind() === address.kind() && address.match(base, bits));
}
