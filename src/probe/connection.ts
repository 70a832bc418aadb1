import net from 'node:net';
import tls from 'node:tls';
import type { Certificate, Phases } from '#src/domain/check.ts';
import type { AddressGuard } from './address-ranges.ts';
import { judgeCertificate, type TlsProblem } from './certificate.ts';
import { connectFailure, handshakeFailure, OwnFault, type Stage, TargetFailure } from './failure-reasons.ts';
import type { Address, Family, NameService } from './name-service.ts';
import { openTunnel } from './tunnel.ts';

/** One address must not use up the whole time of a check; Node's own 250 ms gives false time-outs. */
const ADDRESS_ATTEMPT_MS = 2000;

/** The policy forbids the address. On the first hop a mistake of configuration, on a redirect the target's failure. */
export class AddressRefused extends Error {
  readonly code = 'HINDCAST_TARGET_REFUSED';
  /** The monitor's field that names the address. */
  readonly field: 'url' | 'proxy';
  constructor(message: string, field: 'url' | 'proxy' = 'url') {
    super(message);
    this.field = field;
  }
}

/** What is known of one hop so far, filled in as it goes, so that a hop cut short still tells its story. */
export interface HopTrace {
  stage: Stage;
  phases: Phases;
  peer: string | null;
  /** What the name resolved to; null for a literal address. */
  resolved: string[] | null;
  certificate: Certificate | null;
  httpVersion: string | null;
  socket: net.Socket | null;
}

export interface Route {
  host: string;
  port: number;
  secure: boolean;
  ipFamily: Family;
  verify: boolean;
  alpn: string[];
  context: tls.SecureContext;
  proxy: ProxyRoute | null;
}

export interface ProxyRoute {
  host: string;
  port: number;
  /** Value of the Proxy-Authorization header. */
  authorization: string | null;
}

/** A host without the brackets of an IPv6 literal. */
export function bareHost(hostname: string): string {
  return hostname.startsWith('[') ? hostname.slice(1, -1) : hostname;
}

export interface ConnectionDeps {
  guard: AddressGuard;
  names: NameService;
  now: () => number;
  wallClock: () => number;
}

/**
 * Opens one new connection and stamps the phases `dns`, `connect` and `tls` (ms, monotonic). The literal address, every
 * resolved one and the one really connected to pass the guard. TLS is judged here rather than by OpenSSL's refusal, so
 * that the certificate of a server that fails is known too. Through a proxy the first two phases are the proxy's, and
 * for https the tunnel counts as connecting. Rejects with TargetFailure, TlsRefused, AddressRefused or OwnFault (no
 * socket left here, a proxy that does not do its part).
 */
export async function openConnection(route: Route, trace: HopTrace, deps: ConnectionDeps): Promise<net.Socket> {
  const socket = route.proxy ? await throughProxy(route, route.proxy, trace, deps) : await direct(route, trace, deps);
  if (route.secure) return handshake(route, socket, trace, deps);
  trace.stage = 'firstByte';
  trace.httpVersion = '1.1';
  return socket;
}

async function direct(route: Route, trace: HopTrace, deps: ConnectionDeps): Promise<net.Socket> {
  const addresses = await resolveHost(route, trace, deps);
  for (const { address } of addresses) pass(deps.guard, route.host, address);
  trace.stage = 'connect';
  return connect(route, addresses, trace, deps);
}

/** What keeps us from the proxy is no fault of the target. */
async function throughProxy(route: Route, proxy: ProxyRoute, trace: HopTrace, deps: ConnectionDeps) {
  trace.stage = 'proxy';
  await passBehindProxy(route, deps);
  const startedAt = deps.now();
  const way = { host: proxy.host, port: proxy.port, ipFamily: 'any' as const };
  let socket: net.Socket;
  try {
    const addresses = await resolveHost(way, trace, deps);
    for (const { address } of addresses) pass(deps.guard, proxy.host, address);
    socket = await connect(way, addresses, trace, deps);
  } catch (error) {
    if (error instanceof AddressRefused) throw new AddressRefused(`the proxy ${error.message}`, 'proxy');
    throw error instanceof TargetFailure ? new OwnFault(`the proxy was not reached: ${error.message}`) : error;
  }
  if (!route.secure) return socket;
  trace.stage = 'connect';
  try {
    await openTunnel(socket, route, proxy);
  } finally {
    trace.phases.connect = deps.now() - startedAt - (trace.phases.dns ?? 0);
  }
  return socket;
}

/** The proxy resolves names by itself; what we can resolve as well must be allowed as if we went there. */
async function passBehindProxy({ host, ipFamily }: Route, { guard, names }: ConnectionDeps): Promise<void> {
  if (net.isIP(host)) return pass(guard, host, host);
  const known = await names.lookup(host, ipFamily).catch(() => []);
  for (const { address } of known) pass(guard, host, address);
}

type Way = Pick<Route, 'host' | 'port' | 'ipFamily'>;

async function resolveHost(route: Way, trace: HopTrace, deps: ConnectionDeps): Promise<Address[]> {
  const literal = net.isIP(route.host);
  if (literal !== 4 && literal !== 6) {
    const startedAt = deps.now();
    try {
      const addresses = await deps.names.lookup(route.host, route.ipFamily);
      trace.resolved = addresses.map(({ address }) => address);
      return addresses;
    } finally {
      trace.phases.dns = deps.now() - startedAt;
    }
  }
  if (route.ipFamily === 'any' || route.ipFamily === literal) return [{ address: route.host, family: literal }];
  throw new TargetFailure('dns-not-found', `${route.host} is not an IPv${route.ipFamily} address`);
}

function pass(guard: AddressGuard, host: string, address: string): void {
  const reason = guard.check(address);
  if (!reason) return;
  throw new AddressRefused(`${host === address ? '' : `${host} is `}${address}, refused: ${reason}`);
}

function connect(route: Way, addresses: Address[], trace: HopTrace, deps: ConnectionDeps): Promise<net.Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<net.Socket>();
  const startedAt = deps.now();
  const [only] = addresses.length === 1 ? addresses : [];
  const socket = net.connect({
    port: route.port,
    noDelay: true,
    ...(only
      ? { host: only.address }
      : {
          host: route.host,
          lookup: (_host, _options, callback) => callback(null, addresses),
          autoSelectFamily: true,
          autoSelectFamilyAttemptTimeout: ADDRESS_ATTEMPT_MS,
        }),
  });
  trace.socket = socket;
  // Stays for good: a socket without a listener for errors would end the process.
  socket.on('error', (error) => {
    trace.phases.connect ??= deps.now() - startedAt;
    reject(connectFailure(error, where(addresses, route.port)));
  });
  socket.once('connect', () => {
    trace.phases.connect = deps.now() - startedAt;
    trace.peer = socket.remoteAddress ?? null;
    try {
      if (trace.peer) pass(deps.guard, route.host, trace.peer);
      resolve(socket);
    } catch (error) {
      socket.destroy();
      reject(error);
    }
  });
  return promise;
}

function handshake(route: Route, raw: net.Socket, trace: HopTrace, deps: ConnectionDeps): Promise<net.Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<net.Socket>();
  trace.stage = 'tls';
  const startedAt = deps.now();
  const socket = tls.connect({
    socket: raw,
    ...(net.isIP(route.host) ? {} : { servername: route.host }),
    secureContext: route.context,
    rejectUnauthorized: false,
    checkServerIdentity: () => undefined,
    ALPNProtocols: route.alpn,
  });
  trace.socket = socket;
  socket.on('error', (error) => {
    trace.phases.tls ??= deps.now() - startedAt;
    reject(handshakeFailure(error));
  });
  socket.once('secureConnect', () => {
    trace.phases.tls = deps.now() - startedAt;
    const judged = judgeCertificate(socket, route.host, deps.wallClock());
    trace.certificate = judged.certificate;
    const agreed = socket.alpnProtocol === 'h2' ? '2' : '1.1';
    if (judged.problems.length > 0 && route.verify) reject(new TlsRefused(judged.problems));
    else if (agreed === '1.1' && route.alpn.length > 0 && !route.alpn.includes('http/1.1'))
      reject(new TargetFailure('tls-handshake', 'the server did not agree to HTTP/2'));
    else {
      trace.stage = 'firstByte';
      trace.httpVersion = agreed;
      resolve(socket);
    }
  });
  return promise;
}

/** The certificate was judged and found wanting, possibly in several ways. */
export class TlsRefused extends Error {
  readonly problems: TlsProblem[];
  constructor(problems: TlsProblem[]) {
    super(problems.map(({ detail }) => detail).join('; '));
    this.problems = problems;
  }
}

function where(addresses: Address[], port: number): string {
  const shown = addresses.slice(0, 4).map(({ address, family }) => (family === 6 ? `[${address}]` : address));
  return shown.map((address) => `${address}:${port}`).join(', ');
}
