import { describe, expect, it } from 'vitest';
import { verifyPostmortem } from '#src/verify/verify.ts';
import { SCENES } from '../draft/scenes.ts';
import { draftsOf } from './drafts.ts';

describe.each(Object.entries(SCENES))('a true draft of %s', (_, make) => {
  it('is verified, all of it', () => {
    using scene = make();
    for (const draft of draftsOf(scene)) {
      const { failed, total, verified } = verifyPostmortem(scene.store.reader, draft);
      expect(failed).toEqual([]);
      expect(verified).toBe(total);
      expect(total).toBeGreaterThan(draft.ledger.length + 40);
    }
  });
});
