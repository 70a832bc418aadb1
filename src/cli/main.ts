import { Command } from 'commander';
import { rehearse } from './rehearse.ts';

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
      print: (line) => process.stdout.write(`${line}\n`),
    });
  });

await program.parseAsync();
