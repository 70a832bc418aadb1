import { drawActions } from './actions.ts';
import { drawChart } from './chart.ts';
import type { PostmortemDocument, Section } from './document.ts';
import type { Draft } from './draft.ts';
import type { Fact } from './facts.ts';
import { drawHeader } from './header.ts';
import { Ledger } from './ledger.ts';
import { measureAround } from './measure-around.ts';
import { measureGaps } from './measure-gaps.ts';
import { frameOf, measureIncident } from './measure-incident.ts';
import { measureMonitors } from './measure-monitors.ts';
import { measureProposals } from './measure-proposals.ts';
import { drawRootCause } from './root-cause.ts';
import type { DraftRows } from './rows.ts';
import { drawSummary } from './summary.ts';
import { laidOut, measureTemplate } from './template.ts';
import { drawTimeline } from './timeline.ts';
import { drawWentWell } from './went-well.ts';
import { countWords } from './words.ts';

/** Before the appendix. The sections are drawn shorter than that: header, marks and chart come on top. */
export const MAX_WORDS = 1_500;
const AIM_WORDS = 1_250;
/** A longer draft is drawn with fewer rows of a kind, down to the least. */
const KEEP = { most: 6, least: 2 };

/** The draft of an incident. Pure: the same rows give the same ledger and the same document, byte for byte. */
export function drawPostmortem(rows: DraftRows): { ledger: Fact[]; document: PostmortemDocument } {
  const frame = frameOf(rows);
  const ledger = new Ledger();
  measureIncident(ledger, rows, frame);
  measureMonitors(ledger, rows, frame);
  measureGaps(ledger, rows, frame);
  measureProposals(ledger, rows);
  measureAround(ledger, rows, frame);
  measureTemplate(ledger, rows);
  const draft: Draft = { rows, frame, ledger };
  const { section, actions } = drawActions(draft);
  const around = (keep?: number): Section[] =>
    laidOut(draft, [
      drawSummary(draft),
      drawTimeline(draft, keep),
      drawRootCause(draft, keep),
      drawWentWell(draft),
      section,
    ]);
  const chart = drawChart(rows, ledger);
  let sections = around();
  for (let keep = KEEP.most; keep >= KEEP.least && countWords(sections) > AIM_WORDS; keep--) sections = around(keep);
  return { ledger: ledger.facts, document: { header: drawHeader(draft), sections, actions, ...(chart && { chart }) } };
}
