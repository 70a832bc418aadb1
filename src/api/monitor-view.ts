import type { z } from 'zod';
import { toRfc3339 } from '#src/domain/clock.ts';
import { checkId } from '#src/domain/ids.ts';
import type { Monitor, MonitorConfig } from '#src/domain/monitor.ts';
import { readLastCheck } from '#src/store/checks.ts';
import type { Reader } from '#src/store/database.ts';
import { readLocations } from '#src/store/locations.ts';
import { readStatus } from '#src/store/monitor-states.ts';
import { readOpenIncidentOf } from '#src/store/windows.ts';
import type { monitorAnswer } from './schemas/monitor.ts';

type MonitorAnswer = z.input<typeof monitorAnswer>;

/** A monitor as the API answers it: its configuration without secrets, and its state. */
export function monitorView(reader: Reader, monitor: Monitor): MonitorAnswer {
  const { headers, auth, ...config } = monitor.config;
  return {
    id: monitor.id,
    ...config,
    expect: config.expect as unknown as MonitorAnswer['expect'],
    headers: Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name, typeof value === 'string' ? value : { secret: null }]),
    ),
    auth: hideAuth(auth),
    createdAt: toRfc3339(monitor.createdAt),
    updatedAt: toRfc3339(monitor.updatedAt),
    state: stateView(reader, monitor),
  };
}

function hideAuth(auth: MonitorConfig['auth']): MonitorAnswer['auth'] {
  if (auth === null) return null;
  return 'basic' in auth ? { basic: { username: auth.basic.username, password: null } } : { bearer: null };
}

function stateView(reader: Reader, monitor: Monitor): MonitorAnswer['state'] {
  const state = readStatus(reader, monitor.no);
  const last = readLastCheck(reader, monitor.no);
  const { paused } = monitor.config;
  return {
    status: paused ? 'paused' : (state?.status ?? 'pending'),
    since: toRfc3339(paused ? monitor.updatedAt : (state?.since ?? monitor.createdAt)),
    lastCheck: last && {
      id: checkId(last),
      at: toRfc3339(last.at),
      location: readLocations(reader).get(last.locationNo) ?? '',
      verdict: last.verdict,
      status: last.status,
      failure: last.failure,
      latencyMs: last.latencyMs,
    },
    incidentId: readOpenIncidentOf(reader, monitor.no),
  };
}
