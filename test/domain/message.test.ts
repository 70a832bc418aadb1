import { describe, expect, it } from 'vitest';
import type { AlertEvent, AlertPayload } from '#src/domain/alert.ts';
import { escapeHtml } from '#src/domain/html-text.ts';
import { renderMessage } from '#src/domain/message.ts';
import { cutEscaped, cutMiddle, plainText } from '#src/domain/plain-text.ts';
import { HOSTILE, payloadOf } from '../stages/alert/story.ts';

const said = (event: AlertEvent, name = 'Shop', before: AlertPayload | null = null) =>
  renderMessage(payloadOf(event, 'inc_1', name), before);
const field = (message: ReturnType<typeof said>, label: string) =>
  message.fields.find((each) => each.label === label)?.text ?? null;

describe('what an alert says', () => {
  it.each<[AlertEvent, string]>([
    ['incident.opened', 'Shop is down: HTTP 503; since 03:12:00 UTC, critical; 7 other monitors are not affected'],
    [
      'incident.updated',
      'Update: Shop and 1 more are down: HTTP 503; 2 affected since 03:12:00 UTC; 7 other monitors are not affected',
    ],
    ['incident.acknowledged', 'Acknowledged by Shop on call: Shop and 1 more are down: HTTP 503'],
    ['incident.resolved', 'Resolved: Shop and 1 more are down: HTTP 503; was down 1 min 35 s, since 03:12:00 UTC'],
  ])('of %s is one line for a lock screen: what, since when, how bad, what still works', (event, line) => {
    expect(said(event).line).toBe(line);
    expect(line.length).toBeLessThanOrEqual(120);
  });

  it.each<AlertEvent>(['incident.opened', 'incident.updated', 'incident.acknowledged', 'incident.resolved'])(
    'of %s keeps both ends of a long name, and what matters behind it',
    (event) => {
      const { line } = said(event, `Checkout ${'of the shop '.repeat(15)}in Berlin`);
      expect([...line].length).toBeLessThanOrEqual(120);
      expect(line).toMatch(/Checkout .*….*/);
      expect(line).toContain(event === 'incident.acknowledged' ? 'HTTP 503' : 'since 03:12:00 UTC');
    },
  );

  it('brings the evidence of the last failing check, and names some of what is fine', () => {
    const opened = said('incident.opened');
    expect(field(opened, 'Last failing check')).toBe(
      'from eu at 03:12:05 UTC, http: HTTP 503 after 120 ms; expected 200-299, got 503 Shop',
    );
    expect(field(opened, 'Not affected')).toBe('Fine 1, Fine 2, Fine 3, Fine 4, Fine 5 and 2 more');
    expect(field(opened, 'Affected')).toBeNull();
    expect(opened.links.map(({ label }) => label)).toEqual(['Acknowledge', 'Incident', 'Draft']);
  });

  it('says what changed since the channel was told last', () => {
    const opened = payloadOf('incident.opened', 'inc_1', 'Shop');
    expect(field(said('incident.updated', 'Shop', opened), 'What changed')).toBe('joined: Search');
    const updated = payloadOf('incident.updated', 'inc_1', 'Shop');
    const recovered = structuredClone(updated);
    const [shop] = recovered.data.incident?.affected ?? [];
    for (const window of shop?.windows ?? []) window.end = window.start;
    expect(field(renderMessage(recovered, updated), 'What changed')).toBe('recovered: Shop');
    expect(field(renderMessage(updated, recovered), 'What changed')).toBe('down again: Shop');
    expect(field(renderMessage(updated, updated), 'What changed')).toBeNull();
  });

  it('asks nobody to acknowledge what is acknowledged or over', () => {
    for (const event of ['incident.acknowledged', 'incident.resolved'] as const) {
      expect(said(event).links.map(({ label }) => label)).toEqual(['Incident', 'Draft']);
    }
    const over = said('incident.resolved');
    expect(field(over, 'Lasted')).toBe('1 min 35 s, from 2026-03-01 03:12:00 UTC to 2026-03-01 03:13:35 UTC');
    expect(field(over, 'Last failing check')).toBeNull();
    expect(over.tone).toBe('resolved');
  });

  it('is of one line each, without what would turn or hide it, whatever a monitor is called', () => {
    for (const event of ['incident.opened', 'incident.updated', 'incident.acknowledged'] as const) {
      const { title, line, fields } = said(event, HOSTILE);
      for (const text of [title, line, ...fields.map((each) => each.text)])
        expect(text).not.toMatch(/[\p{Cc}\u202e\u2066]/u);
    }
  });
});

describe('text that is cut', () => {
  it('loses its middle, by characters', () => {
    expect(cutMiddle('short', 10)).toBe('short');
    expect(cutMiddle('0123456789abcdef', 7)).toBe('012…def');
    expect([...cutMiddle('👩‍🚀'.repeat(50), 20)].length).toBeLessThanOrEqual(20);
  });

  it('never ends in half an escape', () => {
    for (let most = 2; most < 60; most++) {
      const cut = cutEscaped('&<>&<>&<>&<>&<>', escapeHtml, most);
      expect(cut.length).toBeLessThanOrEqual(Math.max(most, 5));
      expect(cut.replace(/&(amp|lt|gt);/g, '')).not.toContain('&');
    }
  });

  it('keeps emoji and drops what cannot be seen', () => {
    expect(plainText('👩‍🚀 a\u0000b\u200bc\u2028d\ufeff')).toBe('👩‍🚀 a bc d');
  });
});
