import { Resolver } from 'node:dns';
import { isIP } from 'node:net';
import { codeOf, OwnFault, TargetFailure } from './failure-reasons.ts';
import { candidates, parseHosts, parseSearch, watchedFile } from './resolver-files.ts';

export type Family = 'any' | 4 | 6;
export interface Address {
  address: string;
  family: 4 | 6;
}

/** Resolves names without getaddrinfo, whose four threads two dead names can block for everyone. */
export interface NameService {
  /**
   * At least one address, IPv4 first. Rejects with a TargetFailure: `dns-not-found`, `dns-error` or `dns-timeout`. Not
   * cached: a name that stopped resolving is seen by the next check.
   */
  lookup(host: string, family: Family): Promise<Address[]>;
  close(): void;
}

export interface NameServiceOptions {
  monotonic: () => number;
  /** `host:port` of each server; absent: those of /etc/resolv.conf. */
  servers?: string[] | undefined;
  hostsFile?: string | undefined;
  /** Servers (unless given) and search domains. */
  resolvConf?: string | undefined;
}

/** RFC 8305 section 3: how long an answer for one family waits for the other, in ms. */
const RESOLUTION_DELAY_MS = 50;
/** c-ares doubles the wait with each of the tries: a dead server is given up after 1 + 2 + 4 s. */
const RESOLVER = { timeout: 1000, tries: 3 };
const NOT_FOUND = new Set(['ENOTFOUND', 'ENODATA']);
const TIMED_OUT = new Set(['ETIMEOUT', 'ETIMEDOUT']);

export function createNameService(options: NameServiceOptions): NameService {
  const { monotonic, servers, hostsFile = '/etc/hosts', resolvConf } = options;
  const hosts = watchedFile(hostsFile, monotonic);
  // Servers given by hand leave the machine's own configuration out of it.
  const config = servers && !resolvConf ? null : watchedFile(resolvConf ?? '/etc/resolv.conf', monotonic);
  let table = { version: -1, names: new Map<string, string[]>() };
  let current: { version: number; resolver: Resolver; search: ReturnType<typeof parseSearch> } | null = null;

  const fromHosts = (name: string): string[] | undefined => {
    const file = hosts();
    if (file.version !== table.version) table = { version: file.version, names: parseHosts(file.text) };
    return table.names.get(name);
  };
  const configured = () => {
    const { version, text } = config?.() ?? { version: 0, text: '' };
    if (current?.version !== version) {
      current = { version, resolver: new Resolver(RESOLVER), search: parseSearch(text) };
      if (servers) current.resolver.setServers(servers);
    }
    return current;
  };

  return {
    async lookup(host, family) {
      const name = host.toLowerCase().replace(/\.$/, '');
      const local = fromHosts(name) ?? (isLocalhost(name) ? ['127.0.0.1', '::1'] : undefined);
      if (!local) return search(configured(), host.toLowerCase(), family);
      const addresses = ordered(local.filter((address) => family === 'any' || isIP(address) === family));
      if (addresses.length > 0) return addresses;
      throw new TargetFailure('dns-not-found', `${name} has no IPv${family} address`);
    },
    close() {
      current?.resolver.cancel();
      current = null;
    },
  };
}

/** The first of the names meant that exists; a server that fails ends the search. */
async function search(
  { resolver, search }: { resolver: Resolver; search: ReturnType<typeof parseSearch> },
  host: string,
  family: Family,
): Promise<Address[]> {
  let missing: unknown = null;
  for (const name of candidates(host, search)) {
    try {
      return await query(resolver, name, family);
    } catch (error) {
      if (!(error instanceof TargetFailure) || error.failure !== 'dns-not-found') throw error;
      if (missing === null || name === host) missing = error;
    }
  }
  throw missing;
}

/** RFC 6761 section 6.3: `localhost` and what is under it never leaves the machine. */
function isLocalhost(name: string): boolean {
  return name === 'localhost' || name.endsWith('.localhost');
}

function ordered(addresses: string[]): Address[] {
  const all = [...new Set(addresses)].map((address): Address => ({ address, family: isIP(address) === 6 ? 6 : 4 }));
  return all.sort((a, b) => a.family - b.family);
}

type Answer = { error: Error | null; addresses: string[] };

function query(resolver: Resolver, name: string, family: Family): Promise<Address[]> {
  const { promise, resolve, reject } = Promise.withResolvers<Address[]>();
  const answers: Answer[] = [];
  const wanted = family === 'any' ? 2 : 1;
  let delay: NodeJS.Timeout | null = null;
  const finish = () => {
    if (delay) clearTimeout(delay);
    const addresses = ordered(answers.flatMap((answer) => answer.addresses));
    if (addresses.length > 0) resolve(addresses);
    else reject(worst(answers, name, family));
  };
  const answered = (error: Error | null, addresses: string[] | undefined) => {
    answers.push({ error, addresses: error ? [] : (addresses ?? []) });
    if (answers.length === wanted) finish();
    else if (!error) delay = setTimeout(finish, RESOLUTION_DELAY_MS);
  };
  try {
    if (family !== 6) resolver.resolve4(name, answered);
    if (family !== 4) resolver.resolve6(name, answered);
  } catch (error) {
    reject(new TargetFailure('dns-not-found', `${name} is not a name that can be resolved (${codeOf(error)})`));
  }
  return promise;
}

/** No address came: a server that failed weighs more than a name that is not there. */
function worst(answers: Answer[], name: string, family: Family): TargetFailure | OwnFault {
  const codes = answers.map(({ error }) => (error ? codeOf(error) : 'ENODATA'));
  if (codes.includes('ECANCELLED') || codes.includes('EDESTRUCTION')) return new OwnFault('shutdown');
  const timedOut = codes.find((code) => TIMED_OUT.has(code));
  if (timedOut) return new TargetFailure('dns-timeout', `no answer from the DNS server for ${name}`);
  const failed = codes.find((code) => !NOT_FOUND.has(code));
  if (failed) return new TargetFailure('dns-error', `the DNS server answered ${failed.slice(1)} for ${name}`);
  const kind = family === 'any' ? 'address' : `IPv${family} address`;
  const words = codes.includes('ENOTFOUND') ? `the name ${name} does not exist` : `${name} has no ${kind}`;
  return new TargetFailure('dns-not-found', words);
}
