import { expect, it } from 'vitest';
import { lintPostmortem } from '#src/domain/postmortem/lint/rules.ts';
import { verifyPostmortem } from '#src/verify/verify.ts';
import { SCENES } from '../../../stages/draft/scenes.ts';
import { draftsOf } from '../../../stages/verify/drafts.ts';
import { caseOf, REAL } from '../../../support/outage-cases.ts';
import { caseStore } from '../../../support/outage-store.ts';
import type { TempStore } from '../../../support/temp-store.ts';

type Draft = ReturnType<typeof draftsOf>[number];

/** What people fill in, and what they may leave standing. */
const LEFT_TO_PEOPLE = ['action-owner', 'action-due', 'action-tracker', 'open-question', 'quoted-wording'];

function findingsOf(name: string, store: TempStore, drafts: readonly Draft[]): string[] {
  return drafts.flatMap((draft) =>
    lintPostmortem({
      ...draft,
      claims: verifyPostmortem(store.reader, draft),
      status: 'draft',
      today: '2000-01-01',
    })
      .filter(({ rule }) => !LEFT_TO_PEOPLE.includes(rule))
      .map(({ rule, blockId, excerpt, message }) => `${name}: ${rule} at ${blockId}: ${excerpt ?? message}`),
  );
}

it.each(Object.entries(SCENES))(
  'the draft of the scene %s breaks no rule but those that people fill in',
  (name, make) => {
    using scene = make();
    expect(findingsOf(name, scene.store, draftsOf(scene))).toEqual([]);
  },
);

it.each(REAL.map(({ outage, story }) => [outage.name, outage, story] as const))(
  'the draft of %s breaks no rule but those that people fill in',
  (name, outage, story) => {
    using made = caseStore(caseOf(outage, story));
    expect(findingsOf(name, made.store, made.drafts())).toEqual([]);
  },
);
