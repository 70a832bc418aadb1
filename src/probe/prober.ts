import type { CheckResult } from '#src/domain/check.ts';
import { unknownResult } from '#src/domain/check.ts';
import type { Clock } from '#src/domain/clock.ts';
import type { ProbeTarget, Sealed } from '#src/domain/monitor.ts';
import { createAddressGuard } from './address-guard.ts';
import type { TargetPolicy } from './address-ranges.ts';
import { CannotProbe } from './cannot-probe.ts';
import { bareHost, type ConnectionDeps, openConnection } from './connection.ts';
import { createStallWatch, startDeadline } from './deadline.ts';
import type { Cancel } from './exchange.ts';
import { OwnFault, timeoutAt } from './failure-reasons.ts';
import { newHop } from './hop.ts';
import { createNameService } from './name-service.ts';
import { createTokenSource } from './oauth2.ts';
import { addForms, prepareRequest } from './request-headers.ts';
import { answerResult, failureResult, type Measured } from './result.ts';
import { createScrubber } from './scrub.ts';
import { createContexts, publicAuthorities } from './secure-contexts.ts';
import { type Journey, travel } from './travel.ts';

export interface ProberOptions {
  targets: TargetPolicy;
  /**
   * Opens a sealed value. Context: `monitor:<id>:` and its field, such as `headers.<lower-case name>`, `auth.password`,
   * `auth.token`, `auth.oauth2.clientSecret`, `tls.key` or `proxy.basic.password`. May throw: the probe then throws CannotProbe.
   */
  open: (value: Sealed, context: string) => string;
  clock: Clock;
  /** DNS servers as `host:port` instead of those of /etc/resolv.conf. */
  dnsServers?: string[];
}

export interface Prober {
  /**
   * Makes one check. Takes at most `timeoutSeconds` + 250 ms and resolves whatever the target does; rejects only with
   * CannotProbe, for what cannot be tried. Aborting gives `unknown`.
   */
  probe(target: ProbeTarget, signal?: AbortSignal): Promise<CheckResult>;
  /** Opens a connection to `host:port` and closes it; rejects when that fails or takes more than 2 s. */
  reach(address: string): Promise<void>;
  /** Ends the checks that are running as `unknown` and frees sockets and timers. */
  close(): Promise<void>;
}

const SHUTDOWN = 'shutdown';
const REACH_MS = 2_000;
/** Judging an answer that came at the very end may still take this long. */
const JUDGING_MS = 100;

export function createProber(options: ProberOptions): Prober {
  const { clock } = options;
  const now = () => clock.monotonic();
  const stalls = createStallWatch(now);
  const names = createNameService({ monotonic: now, servers: options.dnsServers });
  const deps: ConnectionDeps = {
    guard: createAddressGuard(options.targets),
    names,
    now,
    wallClock: () => clock.now(),
  };
  const contextOf = createContexts();
  const tokens = createTokenSource(deps);
  /** A token server may be a public one although the target has an authority of its own. */
  const tokenContextOf = (ca: string | null) =>
    contextOf({ ca: ca === null ? null : [...publicAuthorities(), ca].join('\n'), cert: null, key: null });
  const running = new Set<() => void>();
  let closed = false;

  async function probe(target: ProbeTarget, signal?: AbortSignal): Promise<CheckResult> {
    const called = clock.now();
    if (closed || signal?.aborted) return unknownResult(called, called, SHUTDOWN);
    const prepared = prepareRequest(target, options.open);
    const { ca = null, cert = null } = target.tls;
    const contexts = {
      own: contextOf({ ca, cert, key: prepared.clientKey }),
      foreign: contextOf({ ca, cert: null, key: null }),
    };
    const journey: Journey = {
      target,
      redirects: [],
      hop: null,
      url: new URL(target.url),
      scrubber: createScrubber(prepared.secrets),
    };
    const cancel: Cancel = { reason: null, now: null };
    const stop = (reason: Error) => {
      cancel.reason ??= reason;
      cancel.now?.(reason);
    };
    const abort = () => stop(new OwnFault(SHUTDOWN));
    const timeoutMs = target.timeoutSeconds * 1000;
    const since = now();
    let departed = { startedAt: called, at: since };
    stalls.enter();
    const stalledBefore = stalls.stalledMs();
    running.add(abort);
    signal?.addEventListener('abort', abort, { once: true });
    const endDeadline = startDeadline(timeoutMs, now, stalls, (fault) =>
      stop(fault ?? timeoutAt(journey.hop?.stage ?? 'dns', timeoutMs)),
    );
    const measure = (): Measured => {
      endDeadline();
      stalls.leave();
      running.delete(abort);
      signal?.removeEventListener('abort', abort);
      const { startedAt, at } = departed;
      return { startedAt, latencyMs: now() - at, stalledMs: stalls.stalledMs() - stalledBefore };
    };
    // An answer that came in time is judged, however late our own loop got to it; what remains bounds its judging.
    const judgingTime = () => {
      const until = Math.max(since + timeoutMs, now() + JUDGING_MS);
      return () => until - now();
    };
    const way = { context: tokenContextOf(ca), proxy: prepared.proxy };
    /** Travels with a token if one is wanted, whose time is not the target's; true when a kept one was not taken. */
    const go = async (): Promise<boolean> => {
      const { oauth2 } = prepared;
      const token = oauth2 && (await tokens.get(oauth2, way, cancel));
      if (token) {
        prepared.own.authorization = `Bearer ${token.text}`;
        addForms(prepared.secrets, token.text);
        journey.scrubber = createScrubber(prepared.secrets);
        departed = { startedAt: clock.now(), at: now() };
      }
      journey.redirects = [];
      await travel(journey, prepared, contexts, deps, cancel);
      if (!token || journey.hop?.head?.status !== 401) return false;
      tokens.drop(oauth2, token.text);
      return token.isKept;
    };
    try {
      if (await go()) await go();
    } catch (error) {
      const measured = measure();
      if (error instanceof CannotProbe) throw error;
      return failureResult(journey, measured, error as Error, judgingTime());
    }
    return answerResult(journey, measure(), judgingTime());
  }

  return {
    probe,
    async reach(address) {
      const url = new URL(`tcp://${address}`);
      const hop = newHop();
      const route = {
        host: bareHost(url.hostname),
        port: Number(url.port),
        secure: false,
        ipFamily: 'any' as const,
        verify: false,
        alpn: [],
        context: contextOf({ ca: null, cert: null, key: null }),
        proxy: null,
      };
      const late = Promise.withResolvers<never>();
      const timer = setTimeout(() => late.reject(new Error(`${address} was not reached`)), REACH_MS);
      try {
        await Promise.race([openConnection(route, hop, deps), late.promise]);
      } finally {
        clearTimeout(timer);
        hop.socket?.destroy();
      }
    },
    async close() {
      closed = true;
      for (const abort of running) abort();
      stalls.close();
      names.close();
    },
  };
}
