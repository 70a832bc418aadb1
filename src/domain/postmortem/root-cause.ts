import type { Block, Section } from './document.ts';
import { type Draft, heading, lead, nameOf, paragraph } from './draft.ts';
import { drawEarlier } from './earlier.ts';
import { plural } from './format.ts';
import { drawChanges } from './near-changes.ts';
import { derived, figure, join, length, millis, question, resting, type Said, share, words } from './say.ts';
import { drawReportedCauses, drawWhys } from './whys.ts';

const CHANGES_SHOWN = 5;

/** Nothing here asserts a cause: data for the first why, questions for the others, and what was near. */
export function drawRootCause(draft: Draft, keep = CHANGES_SHOWN): Section {
  const told = drawReportedCauses(draft);
  const blocks = [
    ...told,
    ...drawWhys(draft),
    heading('root-cause.near', derived`Before the start`),
    ...drawChanges(draft, Math.min(keep, CHANGES_SHOWN)),
    ...drawPrecursors(draft),
    ...drawCertificates(draft),
    ...drawEarlier(draft),
  ];
  return { id: 'root-cause', title: 'Contributing factors (to be confirmed)', blocks };
}

/** How long the certificates were still valid, of monitors that showed one. */
function drawCertificates(draft: Draft): Block[] {
  const said = draft.rows.monitors.flatMap(({ id }) => {
    const days = draft.ledger.known('certificateDays', id);
    if (!days) return [];
    const left = Number(days.value);
    if (left < 0) return [words`that of ${nameOf(draft, id)} was ${resting('no longer', days)} valid`];
    return [words`that of ${nameOf(draft, id)} was valid for ${figure(days)} more ${plural(left, 'day')}`];
  });
  if (said.length === 0) return [];
  return [paragraph('root-cause.certificates', derived`Certificates at the start: ${join(said, '; ')}.`)];
}

/** How much a drift is worth: how often the same test speaks when no failure follows. */
function spoken({ ledger }: Draft, id: string): Said {
  const [tried, spoke] = [ledger.get('leadUpTried', id), ledger.get('leadUpSpoke', id)];
  if (Number(tried.value) === 0) return words` (how often it does so without a failure is not known yet)`;
  return words` (in the 30 days before, without a failure after it: in ${share(spoke, tried)} stretches of 4 h)`;
}

/** How long before the start the last of them was. */
function lastMiss({ ledger, rows }: Draft): Said {
  const all = rows.monitors.flatMap(({ id }) =>
    ledger.facts.filter(({ name, about }) => name === 'nearMissSeconds' && about?.startsWith(`${id}/`)),
  );
  const [last] = all.toSorted((a, b) => Number(a.value) - Number(b.value));
  return last ? words`, ${all.length > 1 ? 'the last one ' : ''}${length(last)} before the start` : words``;
}

/** Drift and near-misses, or that none was visible and where it was looked for. */
function drawPrecursors(draft: Draft): Block[] {
  const { ledger, rows } = draft;
  const first = lead(draft);
  if (!first) return [];
  const drifts = rows.monitors.flatMap(({ id }) => {
    const [from, middle, baseline] = [
      ledger.known('leadUpSeconds', id),
      ledger.known('leadUpMedianMs', id),
      ledger.known('leadUpBaselineMs', id),
    ];
    return from && middle && baseline
      ? [
          words`${nameOf(draft, id)} took ${millis(middle)} (median) against a baseline of ${millis(baseline)} for the last ${length(from)}${spoken(draft, id)}`,
        ]
      : [];
  });
  const misses = ledger.get('nearMissCount');
  const found = [
    ...drifts,
    ...(Number(misses.value) > 0
      ? [
          words`${figure(misses)} ${plural(Number(misses.value), 'near-miss', 'near-misses')} in the hour before${lastMiss(draft)}`,
        ]
      : []),
  ];
  if (found.length > 0) return [paragraph('root-cause.precursors', derived`Precursors: ${join(found, '; ')}.`)];
  const checks = ledger.known('baselineChecks', first.id);
  return [
    checks
      ? paragraph(
          'root-cause.precursors',
          derived`Precursors: none visible in the ${figure(checks)} passing checks of the hour before: ${resting('no failed check, no drift in response time', misses)}.`,
        )
      : paragraph(
          'root-cause.precursors',
          question`Precursors: what did logs or dashboards show in the hour before? There are too few checks from then to tell.`,
        ),
  ];
}
