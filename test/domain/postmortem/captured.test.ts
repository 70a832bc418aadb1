import { expect, it } from 'vitest';
import { captured } from '#src/domain/postmortem/captured.ts';
import { inert } from '#src/domain/postmortem/render/markdown.ts';

it.each([
  ['one\r\ntwo\tthree', 'one two three'],
  ['see https://u:p@host.example/a?token=1#x now', 'see https://host.example/a now'],
  ['ask jo.doe+x@mail.example today', 'ask [address removed] today'],
  ['Authorization: Bearer abc.def.ghi', 'Authorization: [removed]'],
  ['password=hunter2, then', 'password=[removed], then'],
  ['a\u202Eb\u200Bc\u0007d', 'a b c d'],
  ['x'.repeat(400), `${'x'.repeat(299)}…`],
])('makes %j inert', (text, clean) => {
  expect(captured(text)).toBe(clean);
});

it.each([
  ['[a](http://x.example/b)', '\\[a\\](`http://x.example/b`)'],
  ['**bold** `code` <i>', '\\*\\*bold\\*\\* \\`code\\` &lt;i&gt;'],
  ['ping @team and #12', 'ping `@team` and \\#12'],
  ['a | b', 'a \\| b'],
])('prints %j without markup', (text, markdown) => {
  expect(inert(text)).toBe(markdown);
});
