import { setFlagsFromString } from 'node:v8';

/**
 * A probe makes garbage that is gone within milliseconds. With V8's own sizes the young generation grows to several
 * times what is alive: at 2,000 monitors 334 MiB at the peak against 226 MiB with these, at the same CPU per check.
 */
setFlagsFromString('--max-semi-space-size=4');
setFlagsFromString('--semi-space-growth-factor=1');
setFlagsFromString('--optimize-for-size');
