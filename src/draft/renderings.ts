import { publicVersion } from '#src/domain/postmortem/public-version.ts';
import { renderHtml } from '#src/domain/postmortem/render/html.ts';
import { type PostmortemJson, postmortemJson } from '#src/domain/postmortem/render/json.ts';
import { renderMarkdown } from '#src/domain/postmortem/render/markdown.ts';
import type { Reader } from '#src/store/database.ts';
import { readInternalNames } from '#src/store/internal-names.ts';
import { readNewestPolicy } from '#src/store/policies.ts';
import { createPdfRenderer } from './pdf/renderer.ts';

/** Who reads it: the team, or everybody. */
export interface For {
  audience: 'internal' | 'public';
}

const TEAM: For = { audience: 'internal' };

type Shown = Parameters<typeof postmortemJson>[0] & { incidentId: string };

export interface Renderings {
  json(postmortem: Shown, reader?: For): PostmortemJson;
  markdown(postmortem: Shown, reader?: For): string;
  html(postmortem: Shown, reader?: For): string;
  pdf(postmortem: Shown, reader?: For): Promise<Buffer>;
  close(): Promise<void>;
}

/** A postmortem in each form. For the public, what is private is taken out before anything is rendered. */
export function createRenderings({ reader }: { reader: Reader }): Renderings {
  const pdf = createPdfRenderer();
  const shown = (postmortem: Shown, { audience }: For): Shown => {
    if (audience === 'internal') return postmortem;
    const { privacy } = readNewestPolicy(reader).policy;
    return publicVersion(postmortem, readInternalNames(reader, postmortem.incidentId, privacy));
  };
  return {
    json(postmortem, who = TEAM) {
      const json = postmortemJson(shown(postmortem, who));
      // What is left to do before publishing is the team's own.
      return who.audience === 'public' ? { ...json, blocking: [], warnings: [] } : json;
    },
    markdown: (postmortem, who = TEAM) => renderMarkdown(shown(postmortem, who)),
    html: (postmortem, who = TEAM) => renderHtml(shown(postmortem, who)),
    pdf: (postmortem, who = TEAM) => pdf.render(shown(postmortem, who), { createdAt: postmortem.createdAt }),
    close: pdf.close,
  };
}
