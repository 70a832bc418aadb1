import { type Browser, chromium } from 'playwright-core';
import { requireProgram } from './programs.ts';

/** No sandbox, because tests run as root in containers; and nothing of the browser's own talks to the network. */
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--disable-dev-shm-usage',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/**
 * The installed Chromium, headless. `await using browser = await launchChromium()` closes it with the test.
 * @throws Error that says how to install it, when it is not there.
 */
export function launchChromium(): Promise<Browser> {
  return chromium.launch({ executablePath: requireProgram('chromium'), headless: true, args: FLAGS });
}
