import { setFlagsFromString } from 'node:v8';

/**
 * A probe makes garbage that is gone within a second. Left alone, V8 lets the heap grow to several times what is alive
 * before it collects: 500 MiB resident at 1,000 checks/s against 320 with these, at nearly the same CPU. The size of the
 * young generation is read once, before any code of ours runs: it stands in the command of `npm start` and in the image.
 * A process started without it keeps the young generation at the one megabyte it begins with.
 */
setFlagsFromString('--heap-growing-percent=50');
if (!process.execArgv.some((flag) => flag.startsWith('--max-semi-space-size')))
  setFlagsFromString('--semi-space-growth-factor=1');
