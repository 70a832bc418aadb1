import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CheckRow, Verdict } from '#src/domain/check.ts';
import type { ConfirmPolicy } from '#src/domain/monitor.ts';
import { foldCheck, INITIAL_STATE, type MonitorState, type Transition } from '#src/domain/status.ts';
import { endBounds, startBounds } from '#src/domain/window.ts';
import { checkRow, T0 } from '../support/fixtures.ts';

const POLICY: ConfirmPolicy = { failures: 2, recoveries: 2, retrySeconds: 5, locations: 1 };

function fold(checks: CheckRow[], policy = POLICY, from: MonitorState = INITIAL_STATE) {
  let state = from;
  const transitions: Transition[] = [];
  for (const check of checks) {
    const step = foldCheck(state, check, policy);
    state = step.state;
    transitions.push(...step.transitions);
  }
  return { state, transitions };
}

/** `u` up, `g` degraded, `d` down, `?` unknown; one check each 10 s. */
function stream(letters: string, locationNo = 1): CheckRow[] {
  const verdicts: Record<string, Verdict> = { u: 'up', g: 'degraded', d: 'down', '?': 'unknown' };
  return [...letters].map((letter, i) =>
    checkRow({ at: T0 + i * 10_000, verdict: verdicts[letter] ?? 'up', locationNo }),
  );
}

describe('the status fold', () => {
  const cases: [letters: string, status: string, sentence: string][] = [
    ['', 'pending', 'is pending before the first check'],
    ['?', 'pending', 'stays pending while checks could not be made'],
    ['u', 'up', 'is up after the first good check'],
    ['g', 'degraded', 'is degraded when a soft limit is passed'],
    ['ugu', 'up', 'comes back from degraded'],
    ['d', 'suspect', 'suspects a monitor whose very first check fails'],
    ['ud', 'suspect', 'suspects on the first failure'],
    ['udu', 'up', 'takes a single failure back'],
    ['udd', 'down', 'confirms on the second failure'],
    ['ud?d', 'down', 'does not let an unknown check break the run'],
    ['udduu', 'up', 'is up after two good checks'],
    ['uddu', 'recovering', 'is recovering after the first good check'],
    ['uddud', 'down', 'falls back to down'],
    ['uddug', 'degraded', 'recovers into degraded'],
    ['udd???', 'down', 'stays down while nothing is known'],
  ];
  it.each(cases)('%s → %s: %s', (letters, status) => {
    expect(fold(stream(letters)).state.status).toBe(status);
  });

  it('dates a window from the last good and the first bad check, not from its confirmation', () => {
    const { transitions } = fold(stream('uudddduu'));
    const closed = transitions.find((t) => t.kind === 'window-closed');
    if (closed?.kind !== 'window-closed') throw new Error('no window was closed');
    expect(startBounds(closed.window)).toEqual({ earliest: T0 + 10_000, best: T0 + 20_000, latest: T0 + 20_040 });
    expect(endBounds(closed.window)).toEqual({ earliest: T0 + 50_000, best: T0 + 60_000, latest: T0 + 60_040 });
    expect(closed.window.confirmed.at).toBe(T0 + 30_000);
    expect(closed.window.resolved?.at).toBe(T0 + 70_000);
  });

  it('continues the same window when a recovery does not hold', () => {
    const { transitions } = fold(stream('uddudduu'));
    expect(transitions.filter((t) => t.kind === 'window-opened')).toHaveLength(1);
    const closed = transitions.filter((t) => t.kind === 'window-closed');
    expect(closed).toHaveLength(1);
    expect(closed[0]?.kind === 'window-closed' && closed[0].window.firstGood?.at).toBe(T0 + 60_000);
  });

  it('keeps a near-miss and opens no window for it', () => {
    const { transitions } = fold(stream('uduu'));
    expect(transitions.filter((t) => t.kind === 'near-miss')).toHaveLength(1);
    expect(transitions.some((t) => t.kind === 'window-opened')).toBe(false);
  });

  it('has no earlier bound when no check had passed before', () => {
    const { transitions } = fold(stream('dd'));
    const opened = transitions.find((t) => t.kind === 'window-opened');
    if (opened?.kind !== 'window-opened') throw new Error('no window was opened');
    expect(opened.window.lastGood).toBeNull();
    expect(startBounds(opened.window).earliest).toBe(T0);
  });

  it('is down only while as many locations as the policy asks for are', () => {
    const policy = { ...POLICY, failures: 1, recoveries: 1, locations: 2 };
    const at = (second: number, locationNo: number, verdict: Verdict) =>
      checkRow({ at: T0 + second * 1000, locationNo, verdict });
    const one = fold([at(0, 1, 'up'), at(1, 2, 'up'), at(10, 1, 'down')], policy);
    expect(one.state.status).toBe('suspect');
    const two = fold([at(11, 2, 'down')], policy, one.state);
    expect(two.state.status).toBe('down');
    expect(two.state.window?.firstBad).toMatchObject({ at: T0 + 11_000, locationNo: 2 });
    const back = fold([at(20, 1, 'up')], policy, two.state);
    expect(back.state.window).toBeNull();
    expect(back.state.status).toBe('suspect');
  });

  it('never mutates the state it was given', () => {
    const before = fold(stream('udd')).state;
    const copy = structuredClone(before);
    foldCheck(before, checkRow({ at: T0 + 90_000, verdict: 'up' }), POLICY);
    expect(before).toEqual(copy);
  });

  it('gives the same state however the stream is cut and stored in between', () => {
    const letters = fc.array(fc.constantFrom('u', 'g', 'd', '?'), { maxLength: 60 }).map((list) => list.join(''));
    fc.assert(
      fc.property(letters, fc.array(fc.nat(60), { maxLength: 6 }), (text, cuts) => {
        const checks = stream(text);
        const whole = fold(checks);
        let state: MonitorState = INITIAL_STATE;
        let from = 0;
        for (const cut of [...cuts.sort((a, b) => a - b), checks.length]) {
          state = JSON.parse(JSON.stringify(fold(checks.slice(from, cut), POLICY, state).state)) as MonitorState;
          from = Math.max(from, cut);
        }
        expect(JSON.stringify(state)).toBe(JSON.stringify(whole.state));
      }),
    );
  });

  it('opens and closes windows in turn, and is down exactly while one is open', () => {
    const letters = fc.array(fc.constantFrom('u', 'd'), { maxLength: 80 }).map((list) => list.join(''));
    fc.assert(
      fc.property(letters, (text) => {
        let state: MonitorState = INITIAL_STATE;
        let open = 0;
        for (const check of stream(text)) {
          const step = foldCheck(state, check, POLICY);
          for (const t of step.transitions)
            open += t.kind === 'window-opened' ? 1 : t.kind === 'window-closed' ? -1 : 0;
          state = step.state;
          expect(open).toBe(state.window ? 1 : 0);
          expect(state.window !== null).toBe(state.status === 'down' || state.status === 'recovering');
        }
      }),
    );
  });
});
