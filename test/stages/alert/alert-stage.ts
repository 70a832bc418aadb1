import { randomBytes } from 'node:crypto';
import { Agent } from 'undici';
import { createLinkSigner } from '#src/alert/acknowledge-link.ts';
import type { Dial } from '#src/alert/channels/kind.ts';
import { createDispatcher } from '#src/alert/dispatcher.ts';
import { createSend } from '#src/alert/send.ts';
import type { AlertEvent, AlertPayload } from '#src/domain/alert.ts';
import { channelSecretContext } from '#src/domain/channel.ts';
import { createGuardedDial } from '#src/probe/address-guard.ts';
import { createSealer } from '#src/seal.ts';
import { insertChannel } from '#src/store/channels.ts';
import { putIncident } from '#src/store/incidents.ts';
import { enqueueAlert } from '#src/store/outbox.ts';
import { startLoop } from '#workers/loop.ts';
import { eventually } from '../../support/server.ts';
import { systemTestClock, type TempStore } from '../../support/temp-store.ts';

export const clock = systemTestClock;
export const sealer = createSealer(randomBytes(32));
export const signLink = createLinkSigner(sealer.derive('test')).sign;
export const dial = createGuardedDial('private-allowed');
export const secret = `whsec_${randomBytes(32).toString('base64')}`;

export function addChannel(store: TempStore, key: string, url: string, human = true) {
  const id = `chn_${key}`;
  const sealed = sealer.seal(secret, channelSecretContext(id, 'secret'));
  return store.transact((tx) =>
    insertChannel(tx, { id, key, type: 'webhook', settings: { url }, secrets: { secret: sealed }, human }),
  );
}

export function addIncident(store: TempStore, number = 1): string {
  const id = `inc_${number}`;
  const times = {
    startedAt: 1000,
    endedAt: null,
    detectedAt: 1000,
    resolvedAt: null,
    acknowledgedAt: null,
    recordedAt: 1000,
  };
  const words = {
    title: 'Shop is down',
    severity: 'major' as const,
    service: null,
    acknowledgedBy: null,
    resolvedReason: null,
  };
  store.transact((tx) => putIncident(tx, { id, number, kind: 'outage', ...words, ...times }));
  return id;
}

export function enqueue(store: TempStore, incidentId: string, channelNo: number, event: AlertEvent): string {
  const links = { incident: null, acknowledge: null, postmortem: null };
  const payload: AlertPayload = {
    type: event,
    timestamp: '2026-03-01T00:00:00.000Z',
    data: { incident: null, summary: `${event} of ${incidentId}`, links },
  };
  return store.transact((tx) => enqueueAlert(tx, { incidentId, channelNo, event, payload, nextAt: clock.now() }));
}

/** The stage as compose wires it, with short pauses: `random` 0.05 makes the first retry come after 50 ms. */
export function start(
  store: TempStore,
  options: { timeoutMs?: number; owner?: string; random?: () => number; agent?: Agent; dial?: Dial } = {},
) {
  const agent = options.agent ?? new Agent();
  const send = createSend({
    clock,
    agent,
    dial: options.dial ?? dial,
    signLink,
    open: sealer.open,
    timeoutMs: options.timeoutMs ?? 1_000,
  });
  const errors: unknown[] = [];
  const lines: object[] = [];
  const keep = (line: object) => void lines.push(line);
  const dispatcher = createDispatcher({
    store,
    clock,
    owner: options.owner ?? 'this process',
    send,
    onProgress: () => loop.nudge(),
    onError: (error) => errors.push(error),
    logger: { info: keep, warn: keep, error: keep },
    random: options.random ?? (() => 0.05),
  });
  const loop = startLoop({ name: 'alert', pass: dispatcher.pass, clock, onError: (error) => errors.push(error) });
  store.on('alerts', loop.nudge);
  return {
    errors,
    lines,
    send,
    async [Symbol.asyncDispose]() {
      await loop.stop();
      await dispatcher.close(0);
      await agent.destroy();
    },
  };
}

export const stateOf = (store: TempStore, id: string) =>
  store.reader
    .sql<{ state: string; attempts: number; reason: string | null }>(
      'SELECT state, attempts, undeliverable_reason AS reason FROM alerts WHERE id = ?',
    )
    .get(id);
export const delivered = (store: TempStore, id: string) =>
  eventually('it is delivered', () => (stateOf(store, id)?.state === 'delivered' ? true : null));
export const undeliverable = (store: TempStore, id: string) =>
  eventually('it is given up', () => (stateOf(store, id)?.state === 'undeliverable' ? true : null));
