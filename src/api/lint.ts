import { z } from 'zod';
import { toRfc3339 } from '#src/domain/clock.ts';
import type { SectionId } from '#src/domain/postmortem/document.ts';
import { everythingFailed } from '#src/domain/postmortem/lint/facts-rules.ts';
import { type Finding, type Linted, viewOf } from '#src/domain/postmortem/lint/finding.ts';
import { lintPostmortem, RULES } from '#src/domain/postmortem/lint/rules.ts';
import { lintSection } from '#src/domain/postmortem/lint/section.ts';
import { lintText, type TextFinding } from '#src/domain/postmortem/lint/text.ts';
import type { App, RouteDeps } from './deps.ts';
import { currentOf, finding } from './postmortem-view.ts';
import { idParam } from './schemas/common.ts';

const tags = ['postmortems'];
const MAX_TEXT = 65_536;

const lintBody = z.strictObject({
  text: z
    .string()
    .min(1)
    .max(MAX_TEXT)
    .optional()
    .meta({ description: 'What to judge; without it, the postmortem as it stands' }),
  section: z.enum(['summary', 'timeline', 'root-cause', 'what-went-well', 'action-items']).optional().meta({
    description:
      'The text is read as all of this section (of the action items: as the title of one), and held to what that is held to',
  }),
});
const placed = finding.extend({
  start: z.int32().optional().meta({ description: 'Where it stands in the text, in UTF-16 units' }),
  end: z.int32().optional(),
});
const rule = z
  .object({
    id: z.string(),
    area: z.enum(['facts', 'summary', 'timeline', 'root-cause', 'went-well', 'actions', 'language', 'life']),
    level: z.enum(['blocking', 'warning']),
    message: z.string(),
    fix: z.string(),
  })
  .meta({ id: 'Rule' });

export function lintRoutes(app: App, deps: RouteDeps): void {
  app.post('/incidents/:id/postmortem/lint', {
    config: { scope: 'read' },
    schema: {
      summary: 'What the rules say of the postmortem, or of any text; nothing is changed',
      tags,
      params: idParam,
      body: lintBody.nullish(),
      response: { 200: z.object({ blocking: z.array(placed), warnings: z.array(placed) }) },
    },
    handler: async ({ params, body }) => {
      const postmortem = { ...currentOf(deps, params.id), today: toRfc3339(deps.clock.now()).slice(0, 10) };
      const findings =
        body?.text === undefined ? lintPostmortem(postmortem) : judge(body.text, body.section, postmortem);
      return {
        blocking: findings.filter(({ level }) => level === 'blocking'),
        warnings: findings.filter(({ level }) => level === 'warning'),
      };
    },
  });
  app.get('/postmortem-rules', {
    config: { scope: 'read' },
    schema: {
      summary: 'Every rule that a postmortem is held to; those that block must hold before it is published',
      tags,
      response: { 200: z.object({ data: z.array(rule) }) },
    },
    handler: async () => ({
      data: RULES.map(({ id, area, level, message, fix }) => ({ id, area, level, message, fix })),
    }),
  });
}

/** A text by its words and, where it would be all of a section, by what that section must say. */
function judge(text: string, section: SectionId | undefined, postmortem: Linted): (Finding | TextFinding)[] {
  const view = viewOf(postmortem);
  const words = lintText(text, {
    section,
    names: view.names,
    everything: everythingFailed(view),
    blockId: section ?? 'text',
  });
  return section ? [...words, ...lintSection(text, section, postmortem)] : words;
}
