import { Command } from 'commander';
import { receive } from './receive.ts';
import { rehearse } from './rehearse.ts';
import { policyOf, type ReplayFlags, replay } from './replay.ts';
import { verify } from './verify.ts';

const print = (line: string) => void process.stdout.write(`${line}\n`);
const program = new Command('hindcast').description('Uptime monitoring that writes the first draft of the postmortem.');

program
  .command('rehearse')
  .description('a fire drill on loopback: a real outage of a private target, from the first check to the draft')
  .option('--keep', 'leave the data folder to look at')
  .action(async (options: { keep?: boolean }) => {
    const abort = new AbortController();
    process.once('SIGINT', () => abort.abort());
    process.once('SIGTERM', () => abort.abort());
    process.exitCode = await rehearse({
      keep: options.keep ?? false,
      environment: process.env,
      signal: abort.signal,
      print,
    });
  });

program
  .command('replay')
  .description('what another policy would have made of the stored checks of a monitor')
  .argument('<monitor>', 'id or key')
  .option('--url <url>', 'the running server', process.env.HINDCAST_PUBLIC_URL ?? 'http://127.0.0.1:3000')
  .option('--key <key>', 'an API key; HINDCAST_ADMIN_KEY when absent', process.env.HINDCAST_ADMIN_KEY ?? '')
  .option('--from <time>', 'RFC 3339; 30 days before --to when absent')
  .option('--to <time>', 'RFC 3339; now when absent')
  .option('--failures <n>', 'checks that must agree before down', Number)
  .option('--recoveries <n>', 'checks that must agree before up', Number)
  .option('--confirm-locations <n>', 'locations that must agree', Number)
  .option('--locations <names>', 'locations that take part, with commas')
  .option('--interval <seconds>', 'thin the checks to this interval', Number)
  .option('--degraded <ms>', 'latency above which a check is degraded', Number)
  .option('--down <ms>', 'latency above which a check is down', Number)
  .action(async (monitor: string, options: ReplayFlags) => {
    const { url, key, from, to } = options;
    const policy = policyOf(options);
    process.exitCode = await replay({ url, key, monitor, from, to, policy, print });
  });

program
  .command('verify')
  .description('recompute every claim of a postmortem from the rows; exit code 1 when one does not hold')
  .argument('<incident>', 'id or number')
  .option('--url <url>', 'the running server', process.env.HINDCAST_PUBLIC_URL ?? 'http://127.0.0.1:3000')
  .option('--key <key>', 'an API key; HINDCAST_ADMIN_KEY when absent', process.env.HINDCAST_ADMIN_KEY ?? '')
  .option('--data <folder>', 'without a server: the data folder, which is read and not written')
  .option('--file <export>', 'an exported .json, .md or .html that may have been changed by hand')
  .action(async (incident: string, options: { url: string; key: string; data?: string; file?: string }) => {
    process.exitCode = await verify({ incident, ...options, print });
  });

program
  .command('receive')
  .description('a sample receiver of webhook alerts: verifies each signature and prints the alert')
  .requiredOption('--secret <whsec>', 'the secret of the channel: whsec_…')
  .option('--host <address>', 'address to listen on', '127.0.0.1')
  .option('--port <port>', 'TCP port; 0 takes any free one', Number, 8090)
  .action(async (options: { secret: string; host: string; port: number }) => {
    if (!/^whsec_[A-Za-z0-9+/]+={0,2}$/.test(options.secret)) {
      program.error('--secret must be whsec_ and base64, as the channel shows it when it is made');
    }
    const receiver = await receive({ ...options, print });
    print(`listening on ${receiver.url}`);
    const stop = () => void receiver.close();
    process.once('SIGINT', stop);
    process.once('SIGTERM', stop);
  });

await program.parseAsync();
