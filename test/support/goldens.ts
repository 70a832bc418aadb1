import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { renderMarkdown } from '#src/domain/postmortem/render/markdown.ts';
import { verifyPostmortem } from '#src/verify/verify.ts';
import { SCENES } from '../stages/draft/scenes.ts';
import { draftsOf } from '../stages/verify/drafts.ts';
import { caseOf, REAL } from './outage-cases.ts';
import { caseStore } from './outage-store.ts';
import type { TempStore } from './temp-store.ts';

export const GOLDENS = join(import.meta.dirname, '../scenario/drafts');

type Draft = ReturnType<typeof draftsOf>[number];

/** The drafts of the real outages and of the scenes as Markdown, by the names of their files. */
export function drawGoldens(): Map<string, string> {
  const files = new Map<string, string>();
  const add = (name: string, store: TempStore, drafts: readonly Draft[]) => {
    for (const [i, draft] of drafts.entries()) {
      const claims = verifyPostmortem(store.reader, draft);
      const status = draft.ledger.some((fact) => fact.name === 'asOf') ? 'live' : 'draft';
      files.set(
        `${name}${drafts.length > 1 ? `-${i + 1}` : ''}.md`,
        renderMarkdown({ status, revision: 1, ledger: draft.ledger, document: draft.document, claims }),
      );
    }
  };
  for (const { outage, story } of REAL) {
    using made = caseStore(caseOf(outage, story));
    add(outage.name, made.store, made.drafts());
  }
  for (const [name, make] of Object.entries(SCENES)) {
    using scene = make();
    add(`scene-${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`, scene.store, draftsOf(scene));
  }
  return files;
}

/** The golden files as they are, by name. */
export function readGoldens(): Map<string, string> {
  const names = readdirSync(GOLDENS)
    .filter((name) => name.endsWith('.md'))
    .sort();
  return new Map(names.map((name) => [name, readFileSync(join(GOLDENS, name), 'utf8')]));
}

/** `npm run goldens`: writes them anew and says which have changed. */
if (import.meta.main) {
  const before = readGoldens();
  mkdirSync(GOLDENS, { recursive: true });
  for (const name of before.keys()) rmSync(join(GOLDENS, name));
  const files = drawGoldens();
  for (const [name, text] of files) writeFileSync(join(GOLDENS, name), text);
  const changed = [...files].filter(([name, text]) => before.get(name) !== text).map(([name]) => name);
  const gone = [...before.keys()].filter((name) => !files.has(name)).map((name) => `${name} (gone)`);
  process.stdout.write(`${[`${files.size} drafts, ${changed.length} changed`, ...changed, ...gone].join('\n')}\n`);
}
