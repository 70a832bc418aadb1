import { targetAt, testProber } from './target-monitor.ts';

/** Probes the URL in argv once, in a process of its own, and prints the failure or the verdict. */
const prober = testProber();
const result = await prober.probe(targetAt(process.argv[2] ?? ''));
console.log(result.failure ?? result.verdict);
await prober.close();
