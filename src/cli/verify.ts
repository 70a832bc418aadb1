import { readFileSync } from 'node:fs';
import type { Claims } from '#src/domain/postmortem/document.ts';
import type { Fact } from '#src/domain/postmortem/facts.ts';
import { openReader } from '#src/store/database.ts';
import { readIncidentRecord } from '#src/store/incidents.ts';
import { readChangeSeq, readPostmortem, type StoredPostmortem } from '#src/store/postmortems.ts';
import { type CopyFormat, checkCopy, documentOf, type Exported } from '#src/verify/exported.ts';
import { checkRendered } from '#src/verify/rendered.ts';
import { verifyPostmortem } from '#src/verify/verify.ts';

/** Checks a postmortem against the rows: through a running server, or with `data` in its folder without one. */
export interface VerifyOptions {
  incident: string;
  url: string;
  key: string;
  data?: string | undefined;
  /** An export of it (`.json`, `.md`, `.html`) that may have been changed by hand. */
  file?: string | undefined;
  print(line: string): void;
}

/** What was to be checked could not be: the message says why. */
class CannotVerify extends Error {}

interface Checked {
  what: string;
  claims: Claims;
}

/** Answers with the exit code: 0 when every claim holds, 1 when one does not, 2 when nothing could be checked. */
export async function verify(options: VerifyOptions): Promise<number> {
  try {
    const checked = options.data === undefined ? await overRest(options) : offline(options, options.data);
    for (const { what, claims } of checked) show(what, claims, options.print);
    return checked.every(({ claims }) => claims.failed.length === 0) ? 0 : 1;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    options.print(error instanceof CannotVerify || 'code' in error ? error.message : String(error.stack));
    return 2;
  }
}

function show(what: string, { total, verified, failed, unresolved = [] }: Claims, print: (line: string) => void): void {
  print(`${what}: ${verified} of ${total} claims verified`);
  for (const { blockId, reason, text } of failed)
    print(`  FAILED ${blockId}: ${reason}${text ? `\n         ${text}` : ''}`);
  for (const { blockId, reason, text } of unresolved)
    print(`  not ours to prove, ${blockId}: ${reason}\n         ${text}`);
}

async function overRest({ incident, url, key, file }: VerifyOptions): Promise<Checked[]> {
  const base = `${url.replace(/\/$/, '')}/api/v1/incidents/${encodeURIComponent(incident)}/postmortem`;
  const ask = async (path: string, init: RequestInit = {}): Promise<string> => {
    const headers = { authorization: `Bearer ${key}`, ...(init.body && { 'content-type': 'application/json' }) };
    const response = await fetch(`${base}${path}`, { ...init, headers }).catch((error: Error) => {
      throw new CannotVerify(
        `the server at ${url} was not reached: ${(error.cause as Error | undefined)?.message ?? error.message}`,
      );
    });
    const text = await response.text();
    if (response.ok) return text;
    throw new CannotVerify(`refused (${response.status}): ${detailOf(text)}`);
  };
  const original = await ask('');
  const { number, status, revision } = JSON.parse(original) as { number: number; status: string; revision: number };
  const claims = JSON.parse(await ask('/verify', { method: 'POST', body: '{}' })) as Claims;
  const whole = { what: `incident ${number}, ${status}, revision ${revision}`, claims };
  if (file === undefined) return [whole];
  const { format, text } = readExport(file);
  const { facts } = JSON.parse(await ask('/facts')) as { facts: Fact[] };
  const suffix = { markdown: '.md', html: '.html', json: '' }[format];
  const copy = checkCopy(format, { copy: text, original: suffix === '' ? original : await ask(suffix) }, facts);
  return [whole, { what: file, claims: copy }];
}

function detailOf(text: string): string {
  try {
    return (JSON.parse(text) as { detail?: string }).detail ?? text;
  } catch {
    return text.slice(0, 200);
  }
}

function readExport(file: string): { format: CopyFormat; text: string } {
  const format = { md: 'markdown', markdown: 'markdown', html: 'html', htm: 'html', json: 'json' }[
    file.toLowerCase().split('.').at(-1) ?? ''
  ] as CopyFormat | undefined;
  if (!format) throw new CannotVerify(`${file}: must be a .json, .md or .html export of the postmortem`);
  try {
    const text = readFileSync(file, 'utf8');
    if (format === 'json' && !Array.isArray((JSON.parse(text) as Partial<Exported>).sections))
      throw new Error('it is not a postmortem as the API answers it');
    return { format, text };
  } catch (error) {
    throw new CannotVerify(`${file} cannot be read: ${(error as Error).message}`);
  }
}

/** The newest stored revision, recomputed by the checker of this process; the database is opened for reading alone. */
function offline({ incident, file }: VerifyOptions, data: string): Checked[] {
  const { reader, close } = openReader(data);
  try {
    const record = readIncidentRecord(reader, incident);
    if (!record) throw new CannotVerify(`there is no incident ${incident} in ${data}`);
    const stored = readPostmortem(reader, record.id);
    if (!stored) throw new CannotVerify(`no postmortem of incident ${record.number} is stored in ${data} yet`);
    const isOld = stored.changeSeq < (readChangeSeq(reader, record.id) ?? 0);
    const old = isOld ? ', drawn before the incident last changed' : '';
    const what = `incident ${record.number}, ${stored.status}, revision ${stored.revision}${old}`;
    const whole = { what, claims: verifyPostmortem(reader, stored) };
    if (file === undefined) return [whole];
    return [whole, { what: file, claims: checkFile(file, stored, (changed) => verifyPostmortem(reader, changed)) }];
  } finally {
    close();
  }
}

function checkFile(file: string, stored: StoredPostmortem, again: (changed: StoredPostmortem) => Claims): Claims {
  const { format, text } = readExport(file);
  if (format === 'json') {
    const exported = JSON.parse(text) as Exported;
    if (exported.incidentId !== stored.incidentId)
      throw new CannotVerify(`${file} is of another incident (${exported.incidentId})`);
    const claims = again({ ...stored, document: documentOf(exported, stored.document) });
    const dueAt = stored.dueAt === null ? null : new Date(stored.dueAt).toISOString();
    const failed = (['revision', 'dueAt', 'snapshot'] as const)
      .filter((name) => exported[name] !== { ...stored, dueAt }[name])
      .map((name) => ({
        blockId: name,
        text: String(exported[name]),
        reason: 'it is not that of the stored revision',
      }));
    return { ...claims, total: claims.total + failed.length, failed: [...claims.failed, ...failed] };
  }
  const { claims, revision } = stored;
  const failed = checkRendered({ format, text, claims, revision }, stored);
  const total = Math.max(failed.length, stored.document.sections.flatMap(({ blocks }) => blocks).length);
  return { total, verified: total - failed.length, failed };
}
