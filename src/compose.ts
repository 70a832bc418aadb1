import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import { baseUrl, type Config } from '#config/config.ts';
import { type Loop, startLoop } from '#workers/loop.ts';
import { createLinkSigner } from './alert/acknowledge-link.ts';
import { CHANNELS } from './alert/channels/registry.ts';
import { createDispatcher } from './alert/dispatcher.ts';
import { createEmergency } from './alert/emergency.ts';
import { createHandedOutSend } from './alert/hand-out.ts';
import { createHeartbeat, type Heartbeat } from './alert/heartbeat.ts';
import { createSend, type Send } from './alert/send.ts';
import { createChannelTester } from './alert/test-channel.ts';
import { applyConfigFile } from './api/config-file.ts';
import type { ApiDeps } from './api/deps.ts';
import { buildApi } from './api/server.ts';
import { createBlindWatch } from './detect/blind.ts';
import { createDetector } from './detect/detector.ts';
import { createDigests } from './detect/digest.ts';
import { createLocationWatch } from './detect/lost-locations.ts';
import { createMaintenancePlanner, onMaintenance } from './detect/maintenance.ts';
import { recordPastTrouble } from './detect/own-trouble.ts';
import { onIncidentEvent, onMonitorDeleted } from './detect/people.ts';
import { createPolicy } from './detect/policy.ts';
import { createStalledWatch } from './detect/stalled.ts';
import { CANARY_NO, canaryTarget } from './domain/canary.ts';
import type { Clock, EpochMs } from './domain/clock.ts';
import { renderHtml } from './domain/postmortem/render/html.ts';
import { renderMarkdown } from './domain/postmortem/render/markdown.ts';
import { createCloser } from './draft/closer.ts';
import { createDrafter } from './draft/drafter.ts';
import { createFollowUps } from './draft/follow-up.ts';
import { createOverdueActions } from './draft/overdue-actions.ts';
import { createReminders } from './draft/reminders.ts';
import { createRenderings } from './draft/renderings.ts';
import { createMetrics } from './metrics.ts';
import { createAddressGuard, createGuardedAgent, createGuardedDial } from './probe/address-guard.ts';

import { createOnDemand } from './probe/on-demand.ts';
import { createProber } from './probe/prober.ts';
import { createBatchRunner } from './probe/run-batch.ts';
import { counted } from './queue/counted.ts';
import { watchLocations } from './queue/locations.ts';
import { openErrandQueues, openInProcessQueues, openRedisQueues } from './queue/open.ts';
import { keepPulse } from './record/pulse.ts';
import { createRecorder } from './record/recorder.ts';
import { createRetention } from './record/retention.ts';
import { createRoller } from './record/roller.ts';
import { createScheduler } from './schedule/scheduler.ts';
import { openSealer } from './secret-key.ts';
import { ensureAdminKey } from './store/api-keys.ts';
import { openStore, type Reader, type Store, type Topic, type Tx } from './store/database.ts';
import { createHealth } from './store/health.ts';
import { readLevels } from './store/levels.ts';
import { readMeta, writeMeta } from './store/meta.ts';
import { newId } from './store/new-id.ts';
import { putPolicy } from './store/policies.ts';
import { readDeadlines } from './store/postmortem-due.ts';
import { TRACKERS } from './track/registry.ts';
import { createTracking } from './track/tracking.ts';
import { verifyNearMisses } from './verify/near-misses.ts';
import type { Rendered } from './verify/rendered.ts';
import { type ToVerify, verifyPostmortem } from './verify/verify.ts';

export interface Service {
  /** Where it listens. */
  url: string;
  /** The admin key, when it was made at this start; it is shown once. */
  newAdminKey: string | null;
  /** Ends within 8 s; loses nothing but unfinished probes. */
  stop(): Promise<void>;
}

export interface ComposeOptions {
  config: Config;
  clock: Clock;
  logger: Logger;
  /** What this process cannot go on with: it must be stopped. */
  onFatal?(error: Error): void;
}

/** Probes under way at once in this process. */
const PROBES_AT_ONCE = 512;
/** Batches taken from a queue at once: they share the limit above, so taking many costs nothing. */
const BATCHES_AT_ONCE = 200;
const GRACE_MS = 2_000;
/** A message on Redis costs as much as a check, one in this process nearly nothing: there more checks share one. */
const TICK_MS = { inProcess: 20, redis: 80 };

/** The only wiring there is: the stages in the order of the pipeline. */
export async function compose({ config, clock, logger, onFatal }: ComposeOptions): Promise<Service> {
  const onError = (stage: string) => (error: unknown) => {
    metrics.failed(stage);
    logger.error({ event: 'stage.error', stage, err: error });
  };
  const metrics = createMetrics(async () => {
    const now = clock.now();
    const places = await locations.read().catch(() => []);
    return {
      ...readLevels(store.reader, now),
      lagSeconds: scheduler.lagMs() / 1000,
      queues: await queues.depths(),
      locations: places.map(({ name, healthy, workers, lastSeenAt }) => ({
        location: name,
        healthy,
        workers,
        lastSeenSeconds: lastSeenAt === null ? null : Math.max(0, now - lastSeenAt) / 1000,
      })),
    };
  });
  let publicUrl = config.publicUrl ?? '';

  const store = openStore(config.dataDir, clock);
  const sealer = openSealer(store, config.dataDir, config.secretKey);
  const newAdminKey = ensureAdminKey(store, config.adminKey);
  store.transact((tx) => putPolicy(tx, config.file.postmortem));
  const prober = createProber({ targets: config.targets, open: sealer.open, clock });
  const agent = createGuardedAgent(config.targets);
  const unclaim = config.redisUrl ? await claimQueues(store, config.redisUrl, onError('queue'), onFatal) : null;
  const queues = config.redisUrl
    ? await openRedisQueues(config.redisUrl, onError('queue'))
    : openInProcessQueues(onError('queue'));

  // schedule → probe → record → detect
  const detector = createDetector({ store, publicUrl: () => publicUrl });
  const recorder = createRecorder({
    store,
    detector,
    blind: createBlindWatch({ publicUrl: () => publicUrl }),
    onCanary: (at) => heartbeat?.arrived(at),
    onCommit: (rows, seconds) => (rows === null ? metrics.commitFailed() : metrics.committed(rows, seconds)),
  });
  const pulse = keepPulse({ store, clock, onError: onError('pulse') });
  const scheduler = createScheduler({
    store,
    clock,
    queueFor: (location) => counted(queues.probesAt(location), `probe-${location}`, metrics.published),
    sentinels: config.file.sentinels,
    tickMs: config.redisUrl ? TICK_MS.redis : TICK_MS.inProcess,
    onMissed: (monitorNo, from, to) => {
      recorder.missed(monitorNo, from, to).catch(onError('record'));
    },
    onError: onError('schedule'),
  });
  let batches = 0;
  const runner = createBatchRunner({
    prober,
    clock,
    concurrency: PROBES_AT_ONCE,
    onError: onError('probe'),
    async publish(location, outcomes) {
      const id = `${location}-${outcomes[0]?.monitorNo}-${outcomes[0]?.at}-${batches++}`;
      const answer = await queues.results.publish({ v: 1, location, outcomes }, { id });
      if (answer === 'full') throw new Error('the queue of results is full');
    },
  });
  const loops: Loop[] = [];
  const loop = (name: string, topics: Topic[], pass: Parameters<typeof startLoop>[0]['pass']): Loop => {
    const started = startLoop({ name, pass, clock, onError: onError(name), onClockJump: pulse.clockJumped });
    for (const topic of topics) store.on(topic, started.nudge);
    loops.push(started);
    return started;
  };

  // alert and draft look at what was committed
  const links = createLinkSigner(sealer.derive('acknowledge link'));
  const dial = createGuardedDial(config.targets);
  const sendHere = createSend({ clock, agent, dial, open: sealer.open, signLink: links.sign });
  const handOut = config.redisUrl ? await openHandOut(config.redisUrl, sendHere, clock, onError('alert')) : null;
  const sendNow = handOut?.send ?? sendHere;
  const send: typeof sendNow = async (channel, ...rest) => {
    const begunAt = clock.monotonic();
    const outcome = await sendNow(channel, ...rest);
    metrics.attempted(channel.type, outcome.outcome, (clock.monotonic() - begunAt) / 1000);
    return outcome;
  };
  const dispatcher = createDispatcher({
    store,
    clock,
    owner: randomUUID(),
    send,
    onProgress: () => alerting?.nudge(),
    onError: onError('alert'),
    logger,
  });
  const verify = (postmortem: ToVerify, reader: Reader = store.reader) =>
    verifyPostmortem(reader, { ...postmortem, rendered: readBack(postmortem) });
  const deadlinesOf = (reader: Reader, incidentId: string) => readDeadlines(reader, incidentId, clock.now());
  const drafter = createDrafter({ store, clock, verify, logger });
  const renderings = createRenderings({ reader: store.reader });
  let alerting: Loop | null = null;
  let heartbeat: Heartbeat | null = null;
  let rolling: Loop | null = null;

  const guard = createAddressGuard(config.targets);
  const health = createHealth({
    store,
    clock,
    lagMs: scheduler.lagMs,
    lastBeatAt: pulse.lastBeatAt,
    dataDir: config.dataDir,
  });
  const locations = await watchLocations({
    redisUrl: config.redisUrl,
    own: config.location,
    clock,
    lagMs: scheduler.lagMs,
    onError: onError('locations'),
  });
  const tracking = createTracking({ store, clock, agent, open: sealer.open, publicUrl: () => publicUrl, logger });
  const deps: ApiDeps = {
    store,
    clock,
    sealer,
    logger,
    ...createOnDemand({ prober, record: (location, outcome) => recorder.record(location, [outcome], 'demand') }),
    importChecks: async (monitor, rows) => {
      const counts = recorder.importRows(monitor.no, rows);
      rolling?.nudge();
      return counts;
    },
    channelKinds: CHANNELS,
    readAcknowledgeLink: links.read,
    trackerKinds: TRACKERS,
    testTracker: tracking.test,
    testChannel: createChannelTester({ clock, send, newId: () => newId('msg') }),
    refuseAddress: guard.check,
    metrics,
    board: (await queues.openBoard?.()) ?? null,
    postmortems: { current: drafter.current, drawn: drafter.drawn, revise: drafter.revise, deadlinesOf, verify },
    verifyNearMisses: (claim) => verifyNearMisses(store.reader, claim),
    render: renderings,
    onIncidentEvent: (tx, incidentId, event, summary) => onIncidentEvent(tx, incidentId, event, publicUrl, summary),
    onMaintenance: (tx, maintenance) => onMaintenance(tx, detector, maintenance),
    onMonitorDeleted: (tx, monitor) => onMonitorDeleted(tx, monitor, publicUrl),
    health,
    locations: locations.read,
  };
  applyConfigFile(deps, config.file);
  const api = await buildApi(deps);
  await api.listen({ host: config.host, port: config.port });
  const address = api.server.address();
  const port = typeof address === 'object' && address ? address.port : config.port;
  const url = baseUrl(config, port);
  publicUrl = url;

  queues.results.consume(
    async ({ location, outcomes }) => {
      await recorder.record(location, outcomes);
      metrics.recorded(location, outcomes);
      let waited = false;
      for (const { monitorNo, at } of outcomes) waited = scheduler.settle(monitorNo, location, at) || waited;
      if (waited) scheduling.nudge();
    },
    { concurrency: BATCHES_AT_ONCE },
  );
  if (!config.redisUrl) queues.probesAt(config.location).consume(runner.run, { concurrency: BATCHES_AT_ONCE });
  const scheduling = loop('schedule', ['monitors', 'status'], scheduler.pass);
  alerting = loop('alert', ['alerts'], dispatcher.pass);
  const policy = loop(
    'policy',
    ['incidents', 'alerts', 'policy'],
    createPolicy({ store, clock, publicUrl: () => publicUrl, logger }).pass,
  );
  loop('digest', ['policy'], createDigests({ store, clock }).pass);
  loop('stalled', [], createStalledWatch({ store, clock, publicUrl: () => publicUrl }).pass);
  const emergency = createEmergency({
    store,
    clock,
    send,
    lastBeatAt: pulse.lastBeatAt,
    lastFault: pulse.lastFault,
    onOver: ({ reason, ...outage }) => {
      const title = `Monitoring could not write its database: ${reason}`;
      store.transact((tx) => recordPastTrouble(tx, { ...outage, title }, publicUrl));
    },
    logger,
  });
  loop('emergency', [], emergency.pass);
  if (config.file.heartbeat) {
    heartbeat = createHeartbeat({
      ...config.file.heartbeat,
      clock,
      agent,
      sendCanary: (at) => sendCanary(at, (config.file.heartbeat?.everySeconds ?? 0) * 1000),
      loops: [scheduling, alerting, policy].map((each, i) => ({
        name: ['schedule', 'alert', 'policy'][i] ?? '',
        ...each,
      })),
      problems: () =>
        Object.entries(health().checks).flatMap(([name, { ok, detail }]) => (ok ? [] : `${name}: ${detail}`)),
      logger,
    });
    loop('heartbeat', [], heartbeat.pass);
  }
  loop('maintenance', ['monitors'], createMaintenancePlanner({ store, clock, detector }).pass);
  rolling = loop('roll-up', [], createRoller({ store, clock }).pass);
  loop('retention', [], createRetention({ store, clock, rawDays: config.file.retention.rawDays }).pass);
  loop(
    'locations',
    ['monitors'],
    createLocationWatch({ store, clock, detector, read: locations.read, publicUrl: () => publicUrl }).pass,
  );
  loop('track', ['actions'], tracking.pass);
  loop('close', ['monitors', 'policy', 'actions'], createCloser({ store, clock, logger }).pass);
  loop('draft', ['incidents'], drafter.pass);
  const tell = (tx: Tx, incidentId: string, event: 'postmortem.due' | 'action.overdue', summary: string) =>
    onIncidentEvent(tx, incidentId, event, publicUrl, summary);
  loop('overdue actions', ['actions', 'incidents'], createOverdueActions({ store, clock, tell, logger }).pass);
  loop('reminders', ['incidents', 'postmortems'], createReminders({ store, clock, deadlinesOf, tell, logger }).pass);
  loop(
    'follow-up',
    ['incidents', 'postmortems'],
    createFollowUps({ store, clock, drawn: drafter.drawn, tell, logger }).pass,
  );

  /** A check of our own goes to a place that has a worker: here, in the embedded shape. */
  async function sendCanary(at: EpochMs, within: number): Promise<void> {
    const places = (await locations.read()).filter(({ healthy }) => healthy).map(({ name }) => name);
    const location = places.includes(config.location) ? config.location : places[0];
    if (location === undefined) throw new Error('no location has a worker');
    const listening = baseUrl({ ...config, publicUrl: null }, port);
    const job = { monitorNo: CANARY_NO, at, startBefore: at + within, target: canaryTarget(`${listening}/healthz`) };
    await queues.probesAt(location).publish({ v: 1, location, jobs: [job] }, { id: `${location}-canary-${at}` });
  }

  return {
    url,
    newAdminKey,
    async stop() {
      heartbeat?.stop();
      emergency.stop();
      tracking.stop();
      await Promise.all(loops.map((each) => each.stop()));
      const closing = queues.close(GRACE_MS);
      await prober.close();
      recorder.flush();
      await closing;
      await Promise.all([api.close(), dispatcher.close(GRACE_MS)]);
      recorder.flush();
      await handOut?.close();
      await agent.destroy();
      locations.close();
      await renderings.close();
      await unclaim?.();
      pulse.stop();
      store.close();
    },
  };
}

/** One server for one Redis. Loaded only with Redis, like all that speaks to it. */
async function claimQueues(
  store: Store,
  redisUrl: string,
  onError: (error: unknown) => void,
  onFatal?: (error: Error) => void,
) {
  const { claimRedis } = await import('./queue/claim.ts');
  const serverId =
    readMeta(store.reader, 'server-id') ?? store.transact((tx) => writeMeta(tx, 'server-id', randomUUID()));
  return claimRedis({ redisUrl, serverId, onError, onLost: (error) => onFatal?.(error) });
}

/** A postmortem as it is handed out, for the checker to read: a renderer could lie as well as a drafter. */
function readBack({ ledger, document }: Pick<ToVerify, 'ledger' | 'document'>): Rendered[] {
  const claims = { total: 0, verified: 0, failed: [] };
  const printed = { status: 'draft', revision: 1, ledger: [...ledger], document, claims };
  return [
    { format: 'markdown', text: renderMarkdown(printed), claims, revision: 1 },
    { format: 'html', text: renderHtml(printed), claims, revision: 1 },
  ];
}

/** Alerts go by workers while there are any (`npm run worker:alert`). Loaded only with Redis. */
async function openHandOut(redisUrl: string, sendHere: Send, clock: Clock, onError: (error: unknown) => void) {
  const { watchAlertWorkers } = await import('./queue/alert-workers.ts');
  const { errands, done, close } = await openErrandQueues(redisUrl, onError);
  const workers = watchAlertWorkers(redisUrl, clock, onError);
  await workers.ready;
  return {
    send: createHandedOutSend({ sendHere, errands, done, hasWorker: workers.hasWorker, clock, onError }),
    async close() {
      workers.close();
      await close(GRACE_MS);
    },
  };
}
