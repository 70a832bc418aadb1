import { describe, expect, it } from 'vitest';
import type { Chart } from '#src/domain/postmortem/chart.ts';
import { chartRange } from '#src/domain/postmortem/chart.ts';
import { renderHtml } from '#src/domain/postmortem/render/html.ts';
import { verifyPostmortem } from '#src/verify/verify.ts';
import { draftsOf } from '../verify/drafts.ts';
import { SCENES, type Scene, START, scene } from './scenes.ts';

const DAY = 86_400;

function draftOf(s: Scene) {
  const [draft] = draftsOf(s);
  if (!draft) throw new Error('no incident');
  return draft;
}

function chartOf(s: Scene): Chart {
  const { chart } = draftOf(s).document;
  if (!chart) throw new Error('no chart');
  return chart;
}

function htmlOf(s: Scene): string {
  const { ledger, document } = draftOf(s);
  return renderHtml({ status: 'draft', revision: 1, claims: { total: 1, verified: 1, failed: [] }, ledger, document });
}

const svgIn = (html: string) => html.slice(html.indexOf('<svg'), html.indexOf('</svg>') + 6);

it('shows the medians of the checks that passed, step by step, and counts those that failed', () => {
  using s = SCENES.shortOutage();
  const chart = chartOf(s);
  expect(chart).toMatchObject({ monitor: 'Checkout API', stepSeconds: 10, to: '2026-03-03T14:41:22.400Z' });
  const before = chart.points.find(({ at }) => at === '2026-03-03T14:20:40.000Z');
  expect(before).toMatchObject({
    passed: 1,
    failed: 0,
    phases: { dns: 2, connect: 9, tls: 21, firstByte: 60, download: 1 },
  });
  expect(chart.points.find(({ at }) => at === '2026-03-03T14:30:00.000Z')).toEqual({
    at: '2026-03-03T14:30:00.000Z',
    passed: 0,
    failed: 2,
    ms: null,
    phases: { dns: null, connect: null, tls: null, firstByte: null, download: null },
  });
  expect(chart.marks.map(({ moment }) => moment)).toEqual([
    ...['started', 'detected', 'alerted', 'acknowledged', 'cause', 'fix', 'restored'],
  ]);
});

it('shows other monitors that failed as bars of their own, and where nobody looked', () => {
  using s = SCENES.joined();
  const chart = chartOf(s);
  expect(chart.others.map(({ monitor }) => monitor)).toEqual(['Payments API']);
  expect(chart.unobserved).toEqual([{ from: '2026-03-03T14:31:40.000Z', to: '2026-03-03T14:33:10.000Z' }]);
  const svg = svgIn(htmlOf(s));
  expect(svg).toContain('Payments API');
  expect(svg).toContain('class="hatch"');
});

it('is absent where no monitor was down', () => {
  using s = SCENES.brieflyFailing();
  expect(draftOf(s).document.chart).toBeUndefined();
  expect(htmlOf(s)).not.toContain('<svg');
});

describe.each(Object.entries(SCENES).filter(([name]) => name !== 'brieflyFailing'))(
  'the chart of %s',
  (_name, make) => {
    it('is the same bytes twice, has words for those who do not see it, and labels that do not meet', () => {
      using s = make();
      const svg = svgIn(htmlOf(s));
      expect(svgIn(htmlOf(s))).toBe(svg);
      expect(svg).toMatch(
        /role="img"[\s\S]*<title>Response time by phase, of the monitor that failed first<\/title><desc>Medians .+ Marked: started, /,
      );
      const labels = [...svg.matchAll(/<text x="([\d.]+)" y="(\d+)" text-anchor="(start|end)"[^>]*>([a-z]+)</g)].map(
        ([, x, y, anchor, text = '']) => {
          const width = text.length * 6;
          return {
            y,
            from: anchor === 'start' ? Number(x) : Number(x) - width,
            to: anchor === 'start' ? Number(x) + width : Number(x),
          };
        },
      );
      expect(labels).not.toHaveLength(0);
      for (const [i, a] of labels.entries())
        for (const b of labels.slice(i + 1)) expect(a.y !== b.y || a.to < b.from || b.to < a.from).toBe(true);
      expect(svg).not.toMatch(/NaN|undefined|Infinity/);
    });

    it('is recomputed by the checker, and every other chart is refused', () => {
      using s = make();
      const truth = draftOf(s);
      const failedOf = (draft: typeof truth) => verifyPostmortem(s.store.reader, draft).failed;
      expect(failedOf(truth)).toEqual([]);
      const lies: Record<string, (chart: Chart) => unknown> = {
        'a faster check': ({ points }) => Object.assign(points.find(({ ms }) => ms !== null) ?? {}, { ms: 1 }),
        'a slower phase': ({ points }) => {
          const point = points.find(({ phases }) => phases.connect !== null);
          if (point) point.phases.connect = 90;
          return point;
        },
        'a failure less': ({ points }) => {
          const point = points.find(({ failed }) => failed > 0);
          if (point) point.failed -= 1;
          return point;
        },
        'a step left out': ({ points }) => points.splice(Math.floor(points.length / 2), 1).length,
        'a step made up': ({ points }) =>
          points.push({ ...(points[0] as Chart['points'][number]), at: '2026-03-03T20:00:00.000Z' }),
        'a mark moved': ({ marks }) => Object.assign(marks[0] ?? {}, { at: '2026-03-03T14:27:00.000Z' }),
        'a mark left out': ({ marks }) => marks.pop(),
        'a window cut': ({ windows }) => Object.assign(windows[0] ?? {}, { to: '2026-03-03T14:27:00.000Z' }),
        'unobserved time': ({ unobserved }) => unobserved.push({ from: '2026-03-03T14:27:00.000Z', to: null }),
        'another monitor': (chart) => Object.assign(chart, { monitor: 'Another' }),
        'another failing monitor': ({ others }) => others.push({ monitorId: 'mon_x', monitor: 'X', windows: [] }),
        'another range': (chart) => Object.assign(chart, { from: '2026-03-03T14:00:00.000Z' }),
      };
      for (const [name, lie] of Object.entries(lies)) {
        const draft = structuredClone(truth);
        if (!draft.document.chart || !lie(draft.document.chart)) continue;
        expect(failedOf(draft), name).not.toEqual([]);
      }
    });
  },
);

it.each([
  ['a minute', 60],
  ['an hour', 3_600],
  ['a day', DAY],
  ['forty days', 40 * DAY],
  ['six years', 6 * 365 * DAY],
])('has at most 182 steps for %s', (_name, seconds) => {
  const { from, to, stepMs } = chartRange(START, START + seconds * 1000);
  expect(Math.floor(to / stepMs) - Math.floor(from / stepMs) + 1).toBeLessThanOrEqual(182);
  expect((to - from) / stepMs).toBeGreaterThan(30);
});

it('goes over to powers of ten when one time would flatten all the others', () => {
  using s = scene({ key: 'web', name: 'Web', intervalSeconds: 60 });
  s.run(1, -3600, -240, 60);
  s.run(1, -240, 0, 60, { durationMs: 9000 });
  s.run(1, 0, 600, 10, { verdict: 'down', status: 500 });
  s.run(1, 600, 1200, 60);
  s.flush();
  expect(svgIn(htmlOf(s))).toMatch(/>10 ms<[\s\S]*>100 ms<[\s\S]*>1000 ms</);
});
