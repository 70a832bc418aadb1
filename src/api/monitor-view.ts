import type { z } from 'zod';
import { type EpochMs, toRfc3339 } from '#src/domain/clock.ts';
import { checkId } from '#src/domain/ids.ts';
import type { Monitor, MonitorConfig } from '#src/domain/monitor.ts';
import { statusNow } from '#src/domain/status.ts';
import { readLastCheck } from '#src/store/checks.ts';
import type { Reader } from '#src/store/database.ts';
import { readLocations } from '#src/store/locations.ts';
import { readRunningMaintenance } from '#src/store/maintenances.ts';
import { readStatus } from '#src/store/monitor-states.ts';
import { readOpenIncidentOf } from '#src/store/windows.ts';
import type { monitorAnswer } from './schemas/monitor.ts';

type MonitorAnswer = z.input<typeof monitorAnswer>;

/** A monitor as the API answers it: its configuration without secrets, and its state. */
export function monitorView(reader: Reader, monitor: Monitor, now: EpochMs): MonitorAnswer {
  const { headers, auth, tls, proxy, ...config } = monitor.config;
  return {
    id: monitor.id,
    ...config,
    escalation: config.escalation ?? null,
    expect: { finalUrl: null, httpVersion: null, ...config.expect } as unknown as MonitorAnswer['expect'],
    headers: Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name, typeof value === 'string' ? value : { secret: null }]),
    ),
    auth: hideAuth(auth),
    tls: hideKey(tls),
    proxy: proxy?.basic
      ? { url: proxy.url, basic: { username: proxy.basic.username, password: null } }
      : (proxy?.url ?? null),
    createdAt: toRfc3339(monitor.createdAt),
    updatedAt: toRfc3339(monitor.updatedAt),
    state: stateView(reader, monitor, now),
  };
}

function hideKey({ key, ...tls }: MonitorConfig['tls']): MonitorAnswer['tls'] {
  return key === undefined ? tls : { ...tls, key: null };
}

function hideAuth(auth: MonitorConfig['auth']): MonitorAnswer['auth'] {
  if (auth === null) return null;
  if ('basic' in auth) return { basic: { username: auth.basic.username, password: null } };
  return 'oauth2' in auth ? { oauth2: { ...auth.oauth2, clientSecret: null } } : { bearer: null };
}

function stateView(reader: Reader, monitor: Monitor, now: EpochMs): MonitorAnswer['state'] {
  const state = readStatus(reader, monitor.no);
  const last = readLastCheck(reader, monitor.no);
  const { status, since } = statusNow({
    pausedSince: monitor.config.paused ? monitor.updatedAt : null,
    maintenanceSince: readRunningMaintenance(reader, monitor.no, now),
    folded: state ?? { status: 'pending', since: monitor.createdAt },
  });
  return {
    status,
    since: toRfc3339(since),
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
