import tls from 'node:tls';
import { Agent } from 'undici';
import { type AddressGuard, refusalOf, type TargetPolicy } from './address-ranges.ts';
import { bareHost, openConnection } from './connection.ts';
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

/**
 * An undici Agent for everything else that goes out (alert channels, heartbeats): the same resolver, the same address
 * guard on literals, resolved and connected addresses, the same judgement of certificates. Requests fail with
 * AddressRefused (`code: 'HINDCAST_TARGET_REFUSED'`, message for people) when policy forbids the address, with a
 * TargetFailure (`failure` names the reason) when the connection fails. Redirects are not followed.
 */
export function createGuardedAgent(policy: TargetPolicy, options: GuardedAgentOptions = {}): Agent {
  const { connectTimeoutMs = 10_000, dnsServers } = options;
  const now = () => performance.now();
  const deps = {
    guard: createAddressGuard(policy),
    names: createNameService({ monotonic: now, servers: dnsServers }),
    now,
    wallClock: () => Date.now(),
  };
  const context = tls.createSecureContext();
  return new Agent({
    allowH2: false,
    connect: ({ hostname, port, protocol }, callback) => {
      const secure = protocol === 'https:';
      const trace = newHop();
      const route = {
        host: bareHost(hostname),
        port: port ? Number(port) : secure ? 443 : 80,
        secure,
        ipFamily: 'any' as const,
        verify: true,
        alpn: ['http/1.1'],
        context,
        proxy: null,
      };
      let over = false;
      const finish = (error: Error | null) => {
        if (over) return;
        over = true;
        clearTimeout(timer);
        if (!error && trace.socket) return void callback(null, trace.socket);
        trace.socket?.destroy();
        callback(error ?? new Error('no connection'), null);
      };
      const timer = setTimeout(
        () =>
          finish(new TargetFailure('connect-timeout', `no connection to ${hostname} within ${connectTimeoutMs} ms`)),
        connectTimeoutMs,
      );
      openConnection(route, trace, deps).then(() => finish(null), finish);
    },
  });
}
