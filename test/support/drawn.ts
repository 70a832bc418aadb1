import type { Block } from '#src/domain/postmortem/document.ts';
import { drawPostmortem } from '#src/domain/postmortem/draw.ts';
import { renderMarkdown } from '#src/domain/postmortem/render/markdown.ts';
import { readDraftRows } from '#src/store/draft-rows.ts';
import { verifyPostmortem } from '#src/verify/verify.ts';
import type { Scene } from '../stages/draft/scenes.ts';

/** The draft of a scene's newest incident, checked, as a reader sees it: without the appendix. */
export function drawn(scene: Scene) {
  const incidentId = scene.incidentId();
  const rows = readDraftRows(scene.store.reader, incidentId, scene.clock.now());
  if (!rows) throw new Error('no incident');
  const { ledger, document } = drawPostmortem(rows);
  const claims = verifyPostmortem(scene.store.reader, { incidentId, ledger, document });
  const markdown = renderMarkdown({ status: 'draft', revision: 1, claims, ledger, document });
  const blocks = document.sections.flatMap((section) => section.blocks);
  const said = (block: Block | undefined) => block?.spans.map(({ text }) => text).join(' ') ?? null;
  return {
    claims,
    ledger,
    document,
    text: markdown.slice(0, markdown.indexOf('## Appendix')),
    /** What one block says; null when there is none. */
    block: (id: string) => said(blocks.find((block) => block.id === id)),
    /** What all blocks say whose id begins so. */
    under: (id: string) => blocks.filter((block) => block.id.startsWith(id)).map((block) => said(block) ?? ''),
  };
}
