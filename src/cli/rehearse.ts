import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Receiver, startReceiver } from './rehearsal/receiver.ts';
import { type OwnServer, startOwnServer } from './rehearsal/server.ts';
import { startTarget, type Target } from './rehearsal/target.ts';

export interface RehearsalOptions {
  /** Leave the data folder to look at. */
  keep: boolean;
  environment: NodeJS.ProcessEnv;
  signal: AbortSignal;
  print(line: string): void;
}

interface Drill {
  server: OwnServer;
  target: Target;
  receiver: Receiver;
  say(line: string): void;
  signal: AbortSignal;
}

const MONITOR = 'rehearsal-shop';
/** Longest time to wait for something that the pipeline does by itself. */
const PATIENCE_MS = 15_000;

/**
 * A fire drill: a private target and a private alert receiver on loopback, a server of its own, a real outage
 * (refused, then 503, then slow, then fine), and the draft. About 35 s. Answers with the exit code: 0 when an alert
 * was delivered and every claim of the draft is verified, 1 when not.
 */
export async function rehearse(options: RehearsalOptions): Promise<number> {
  const started = Date.now();
  const say = (line: string) => {
    const seconds = Math.floor((Date.now() - started) / 1000);
    options.print(
      `${String(Math.floor(seconds / 60)).padStart(2, '0')}:${String(seconds % 60).padStart(2, '0')}  ${line}`,
    );
  };
  const dataDir = mkdtempSync(join(tmpdir(), 'hindcast-rehearsal-'));
  say('starting a server, a target and an alert receiver of its own on loopback');
  const target = await startTarget();
  const receiver = await startReceiver((alert) =>
    say(`  alert received: ${alert.type}: ${alert.summary} (signature ${alert.signed ? 'valid' : 'NOT VALID'})`),
  );
  let server: OwnServer | null = null;
  try {
    server = await startOwnServer(dataDir, options.environment);
    return await drill({ server, target, receiver, say, signal: options.signal }, options.print);
  } catch (error) {
    if (options.signal.aborted) say('stopped');
    else say(`the rehearsal failed: ${error instanceof Error ? error.message : String(error)}`);
    return 1;
  } finally {
    await server?.stop();
    await target.close();
    await receiver.close();
    if (options.keep)
      options.print(`\nThe data folder is ${dataDir}; look at it with HINDCAST_DATA_DIR=${dataDir} npm start`);
    else rmSync(dataDir, { recursive: true, force: true });
  }
}

async function drill(d: Drill, print: (line: string) => void): Promise<number> {
  await configure(d);
  const pause = (ms: number) => sleep(ms, undefined, { signal: d.signal });

  d.say('the target is fine; measuring a baseline');
  await pause(7_000);
  await d.server.call('POST', '/changes', { kind: 'deploy', service: 'shop', title: 'shop 4.2.0' });
  d.say('a deploy is recorded: shop 4.2.0');
  await pause(2_000);

  d.say('breaking it: connections are refused');
  await d.target.behave('refused');
  const incident = await openIncident(d);
  await until(d, 'the first alert', async () => d.receiver.received.length > 0 || null);
  await d.server.call('POST', `/incidents/${incident}/acknowledge`, { by: 'on-call responder' });
  d.say('  acknowledged by the on-call responder');
  await pause(1_500);

  d.say('changing the symptom: it listens again and answers 503');
  await d.target.behave('failing');
  const diagnosis = 'Process restarted by its supervisor, but it has no database connection';
  await d.server.call('POST', `/incidents/${incident}/timeline`, {
    kind: 'diagnostic',
    text: diagnosis,
    by: 'on-call responder',
  });
  d.say('  a diagnostic note is added');
  await pause(4_000);

  d.say('changing the symptom: it answers, but slower than its limit');
  await d.target.behave('slow');
  const fix = 'Connection pool of the database enlarged';
  await d.server.call('POST', `/incidents/${incident}/timeline`, {
    kind: 'fix_applied',
    text: fix,
    by: 'on-call responder',
  });
  d.say('  a fix is noted');
  await pause(3_500);

  d.say('repairing it: the target is fine again');
  await d.target.behave('fine');
  return await readDraft(d, incident, print);
}

async function configure({ server, target, receiver }: Drill): Promise<void> {
  await server.call('POST', '/channels', {
    key: 'on-call',
    type: 'webhook',
    url: receiver.url,
    secret: receiver.secret,
    human: true,
  });
  await server.call('POST', '/monitors', {
    key: MONITOR,
    name: 'Rehearsal shop',
    url: target.url,
    intervalSeconds: 1,
    timeoutSeconds: 1,
    expect: { latencyMs: { degraded: 250, down: 500 } },
    confirm: { failures: 2, recoveries: 2, retrySeconds: 1 },
    service: 'shop',
    severity: 'major',
    owner: 'shop on-call',
    impact: { summary: 'Customers cannot order' },
    targets: { detectSeconds: 5, acknowledgeSeconds: 300 },
    channels: ['on-call'],
  });
}

async function openIncident(d: Drill): Promise<string> {
  const incident = await until(d, 'the incident', async () => {
    const { data } = await d.server.call<{ data: { id: string; title: string }[] }>('GET', '/incidents?status=open');
    return data[0] ?? null;
  });
  d.say(`  detected: ${incident.title}`);
  return incident.id;
}

interface Postmortem {
  status: string;
  claims: { total: number; verified: number };
}

async function readDraft(d: Drill, incident: string, print: (line: string) => void): Promise<number> {
  const path = `/incidents/${incident}/postmortem`;
  await until(d, 'the recovery', async () => {
    const { status } = await d.server.call<{ status: string }>('GET', `/incidents/${incident}`);
    return status === 'resolved' || null;
  });
  d.say('  recovered; the draft is there:');
  await until(
    d,
    'the last alert',
    async () => d.receiver.received.some((alert) => alert.type === 'incident.resolved') || null,
  );
  const { claims } = await until(d, 'the draft', async () => {
    const postmortem = await d.server.call<Postmortem>('GET', path);
    return postmortem.status === 'draft' ? postmortem : null;
  });
  print('');
  print(await d.server.text(`${path}.md`));
  d.say(`${claims.verified} of ${claims.total} claims verified, ${d.receiver.received.length} alerts delivered`);
  const sound =
    d.receiver.received.every((alert) => alert.signed) && claims.total > 0 && claims.verified === claims.total;
  return sound ? 0 : 1;
}

async function until<T>(d: Drill, what: string, look: () => Promise<T | null>): Promise<T> {
  const patience = Date.now() + PATIENCE_MS;
  for (;;) {
    const found = await look();
    if (found !== null) return found;
    if (Date.now() > patience) throw new Error(`${what} did not come within ${PATIENCE_MS / 1000} s`);
    await sleep(200, undefined, { signal: d.signal });
  }
}
