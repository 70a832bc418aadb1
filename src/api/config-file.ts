import type { z } from 'zod';
import { freeKey, keyFromName } from '#src/domain/key.ts';
import { readChannel } from '#src/store/channels.ts';
import { readEscalation } from '#src/store/escalations.ts';
import { readMonitor } from '#src/store/monitors.ts';
import { readTracker } from '#src/store/trackers.ts';
import { putChannel } from './channels.ts';
import type { RouteDeps } from './deps.ts';
import { escalationInput, saveEscalation } from './escalations.ts';
import { putMonitor } from './monitors.ts';
import { ApiProblem } from './problem.ts';
import { channelFormats } from './schemas/channel.ts';
import { monitorInput } from './schemas/monitor.ts';
import { saveTracker, trackerInput } from './trackers.ts';

/** What the configuration file names, as it was read: not checked yet. */
export interface FileContents {
  channels: readonly unknown[];
  escalations: readonly unknown[];
  trackers: readonly unknown[];
  monitors: readonly unknown[];
}

/** Mistakes in the file, one line each: `monitors[3].url: must be …`. */
export class FileError extends Error {
  readonly code = 'HINDCAST_CONFIG_FILE';
}

/**
 * Creates or replaces the channels, escalations, trackers and monitors of the file, by key, with the checks of the REST API, all or none.
 * What the file does not name is left alone. @throws FileError with every mistake.
 */
export function applyConfigFile(
  deps: Pick<RouteDeps, 'store' | 'sealer' | 'refuseAddress' | 'channelKinds' | 'trackerKinds'>,
  file: FileContents,
): void {
  if (file.channels.length + file.escalations.length + file.trackers.length + file.monitors.length === 0) return;
  const mistakes: string[] = [];
  const { input: channelInput } = channelFormats(deps.channelKinds);
  deps.store.transact((tx) => {
    for (const [i, raw] of file.channels.entries()) {
      attempt(mistakes, `channels[${i}]`, channelInput, raw, (input) => {
        putChannel(tx, deps, input, readChannel(tx, input.key));
      });
    }
    for (const [i, raw] of file.escalations.entries()) {
      attempt(mistakes, `escalations[${i}]`, escalationInput, raw, (input) => {
        saveEscalation(tx, input, input.key ? readEscalation(tx, input.key) : null);
      });
    }
    const trackers = trackerInput(deps.trackerKinds);
    for (const [i, raw] of file.trackers.entries()) {
      attempt(mistakes, `trackers[${i}]`, trackers, raw, (input) => {
        saveTracker(tx, deps, input, readTracker(tx, input.key));
      });
    }
    const named = new Set<string>();
    for (const [i, raw] of file.monitors.entries()) {
      attempt(mistakes, `monitors[${i}]`, monitorInput, raw, (input) => {
        const key = input.key ?? freeKey(keyFromName(input.name), (candidate) => named.has(candidate));
        if (named.has(key)) throw new ApiProblem(409, `key: ${key} is named twice in the file`);
        named.add(key);
        const before = readMonitor(tx, key);
        putMonitor(tx, deps as RouteDeps, key, { ...input, key: before ? key : input.key });
      });
    }
    if (mistakes.length > 0) {
      throw new FileError(
        ['The file that HINDCAST_CONFIG names cannot be used:', ...mistakes.map((m) => `  ${m}`)].join('\n'),
      );
    }
  });
}

function attempt<T extends z.ZodType>(
  mistakes: string[],
  place: string,
  schema: T,
  raw: unknown,
  apply: (input: z.output<T>) => void,
): void {
  const read = schema.safeParse(raw);
  if (!read.success) {
    for (const issue of read.error.issues) {
      const path = [place, ...issue.path.map(String)].join('.');
      const unknown =
        issue.code === 'unrecognized_keys' ? issue.keys.map((key) => `${path}.${key}: is not a known field`) : [];
      mistakes.push(...(unknown.length > 0 ? unknown : [`${path}: ${issue.message}`]));
    }
    return;
  }
  try {
    apply(read.data);
  } catch (error) {
    if (!(error instanceof ApiProblem)) throw error;
    mistakes.push(`${place}.${error.message}`);
  }
}
