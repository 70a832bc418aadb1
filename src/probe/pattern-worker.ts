import { parentPort, workerData } from 'node:worker_threads';
import { RE2JS } from 're2js';

/** Runs one search apart from the event loop; see patterns.ts. */
const { pattern, text } = workerData as { pattern: string; text: string };
parentPort?.postMessage(RE2JS.compile(pattern).test(text));
