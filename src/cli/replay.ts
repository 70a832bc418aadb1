/** Prints what another policy would have made of a monitor's stored checks, asking a running server. */
export interface ReplayOptions {
  url: string;
  key: string;
  monitor: string;
  from?: string | undefined;
  to?: string | undefined;
  policy: Record<string, unknown>;
  print(line: string): void;
}

interface Side {
  checks: number;
  alerts: number;
  nearMisses: number;
  downSeconds: number;
  medianDetectSeconds: number | null;
  incidents: {
    start: { best: string };
    end: { best: string } | null;
    detectSeconds: number;
    downSeconds: { best: number };
  }[];
}

interface Replay {
  from: string;
  to: string;
  current: Side;
  replayed: Side;
  alertsMore: number;
  alertsFewer: number;
}

/** Answers with the exit code: 0, or 1 when the server refused or was not reached. */
export async function replay({ url, key, monitor, from, to, policy, print }: ReplayOptions): Promise<number> {
  const address = `${url.replace(/\/$/, '')}/api/v1/monitors/${encodeURIComponent(monitor)}/replay`;
  let response: Response;
  try {
    response = await fetch(address, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ ...(from !== undefined && { from }), ...(to !== undefined && { to }), policy }),
    });
  } catch (error) {
    print(`the server at ${url} was not reached: ${(error as { cause?: Error }).cause?.message ?? error}`);
    return 1;
  }
  const body = (await response.json()) as Replay & { detail?: string };
  if (!response.ok) {
    print(`refused (${response.status}): ${body.detail}`);
    return 1;
  }
  print(`${monitor}, ${body.from} to ${body.to}`);
  for (const line of table([
    ['', 'now', 'replayed'],
    ...(
      [
        ['checks', ({ checks }: Side) => String(checks)],
        ['alerts', ({ alerts }: Side) => String(alerts)],
        ['near-misses', ({ nearMisses }: Side) => String(nearMisses)],
        ['downtime', ({ downSeconds }: Side) => `${downSeconds.toFixed(1)} s`],
        ['median detection', ({ medianDetectSeconds: s }: Side) => (s === null ? '-' : `${s.toFixed(1)} s`)],
      ] as const
    ).map(([name, show]) => [name, show(body.current), show(body.replayed)]),
  ]))
    print(line);
  print(`${body.alertsMore} more and ${body.alertsFewer} fewer incidents than now`);
  if (body.replayed.incidents.length === 0) return 0;
  print('');
  for (const line of table([
    ['start', 'end', 'detected after', 'down'],
    ...body.replayed.incidents.map(({ start, end, detectSeconds, downSeconds }) => [
      start.best,
      end?.best ?? 'open',
      `${detectSeconds.toFixed(1)} s`,
      `${downSeconds.best.toFixed(1)} s`,
    ]),
  ]))
    print(line);
  return 0;
}

/** Columns padded to their widest cell. */
function table(rows: string[][]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

export interface ReplayFlags {
  url: string;
  key: string;
  from?: string;
  to?: string;
  failures?: number;
  recoveries?: number;
  confirmLocations?: number;
  locations?: string;
  interval?: number;
  degraded?: number;
  down?: number;
}

/** The policy that the flags of the command line say; what is not given is as the monitor has it. */
export function policyOf(flags: ReplayFlags): Record<string, unknown> {
  const given = (members: Record<string, unknown>) => {
    const some = Object.entries(members).filter(([, value]) => value !== undefined);
    return some.length > 0 ? Object.fromEntries(some) : undefined;
  };
  const { failures, recoveries, confirmLocations, locations, interval, degraded, down } = flags;
  return (
    given({
      confirm: given({ failures, recoveries, locations: confirmLocations }),
      locations: locations?.split(',').map((name) => name.trim()),
      intervalSeconds: interval,
      latencyMs: given({ degraded, down }),
    }) ?? {}
  );
}
