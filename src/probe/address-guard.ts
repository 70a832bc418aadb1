import type { Socket } from 'node:net';
import tls from 'node:tls';
import { Agent } from 'undici';
import { type AddressGuard, refusalOf, type TargetPolicy } from './address-ranges.ts';
import { bareHost, openConnection, type Route } from './connection.ts';
import { TargetFailure } from './failure-reasons.ts';
import { newHop } from './hop.ts';
import { createNameService } from './name-service.ts';

const REMEMBERED = 4096;

/** Says which addresses may be connected to (see address-ranges.ts), and remembers what it said. */
export function createAddressGuard(policy: TargetPolicy): AddressGuard {
  const known = new Map<string, string | null>();
  return {
    policy,
    check(address) {
      const before = known.get(address);
      if (before !== undefined) return before;
      const reason = refusalOf(address, policy);
      if (known.size >= REMEMBERED) known.clear();
      known.set(address, reason);
      return reason;
    },
  };
}

export interface GuardedAgentOptions {
  /** How long name, connection and TLS may take together, in ms; default 10 s. */
  connectTimeoutMs?: number;
  /** DNS servers as `host:port` instead of those of /etc/resolv.conf. */
  dnsServers?: string[];
}

type GuardedRoute = Pick<Route, 'host' | 'port' | 'secure'>;

/** Opens a connection for anything but a check: the same resolver, guard and judgement of certificates. */
function createOpener(policy: TargetPolicy, { connectTimeoutMs = 10_000, dnsServers }: GuardedAgentOptions) {
  const now = () => performance.now();
  const deps = {
    guard: createAddressGuard(policy),
    names: createNameService({ monotonic: now, servers: dnsServers }),
    now,
    wallClock: () => Date.now(),
  };
  const context = tls.createSecureContext();
  return ({ host, port, secure }: GuardedRoute, alpn: string[]): Promise<Socket> => {
    const trace = newHop();
    const route = { host, port, secure, ipFamily: 'any' as const, verify: true, alpn, context, proxy: null };
    const { promise, resolve, reject } = Promise.withResolvers<Socket>();
    let over = false;
    const finish = (error: Error | null) => {
      if (over) return;
      over = true;
      clearTimeout(timer);
      if (!error && trace.socket) return resolve(trace.socket);
      trace.socket?.destroy();
      reject(error ?? new Error('no connection'));
    };
    const timer = setTimeout(
      () => finish(new TargetFailure('connect-timeout', `no connection to ${host} within ${connectTimeoutMs} ms`)),
      connectTimeoutMs,
    );
    openConnection(route, trace, deps).then(() => finish(null), finish);
    return promise;
  };
}

/**
 * An undici Agent for everything else that goes out (alert channels, heartbeats): the same resolver, the same address
 * guard on literals, resolved and connected addresses, the same judgement of certificates. Requests fail with
 * AddressRefused (`code: 'HINDCAST_TARGET_REFUSED'`, message for people) when policy forbids the address, with a
 * TargetFailure (`failure` names the reason) when the connection fails. Redirects are not followed.
 */
export function createGuardedAgent(policy: TargetPolicy, options: GuardedAgentOptions = {}): Agent {
  const open = createOpener(policy, options);
  return new Agent({
    allowH2: false,
    connect: ({ hostname, port, protocol }, callback) => {
      const secure = protocol === 'https:';
      const route = { host: bareHost(hostname), port: port ? Number(port) : secure ? 443 : 80, secure };
      open(route, ['http/1.1']).then(
        (socket) => callback(null, socket),
        (error: Error) => callback(error, null),
      );
    },
  });
}

/** Connections for what is not HTTP (mail), guarded in the same way. Rejects as requests of the guarded agent do. */
export function createGuardedDial(policy: TargetPolicy, options: GuardedAgentOptions = {}) {
  const open = createOpener(policy, options);
  return (host: string, port: number, { secure }: { secure: boolean }): Promise<Socket> =>
    open({ host: bareHost(host), port, secure }, []);
}
