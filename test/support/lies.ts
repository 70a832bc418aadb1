import type { Block, PostmortemDocument, Span } from '#src/domain/postmortem/document.ts';
import type { Fact } from '#src/domain/postmortem/facts.ts';

export interface Draft {
  incidentId: string;
  ledger: Fact[];
  document: PostmortemDocument;
}

/** All places in a draft where a lie of one kind can be told; each call tells it there. */
export type Kind = (draft: Draft) => (() => void)[];

type Where = Pick<Span, 'text'>;
const SPAN_TIME = /\d\d:\d\d:\d\d/g;

export const blocksOf = ({ document }: Draft): Block[] => document.sections.flatMap(({ blocks }) => blocks);
const timelineOf = ({ document }: Draft) => document.sections.find(({ id }) => id === 'timeline')?.blocks ?? [];

/** Spans with the machine's own words: header, blocks. */
function spansOf(draft: Draft): Span[] {
  return [
    ...draft.document.header.rows.flatMap(({ spans }) => spans),
    ...blocksOf(draft).flatMap(({ spans }) => spans),
  ];
}

/** Texts of spans and of actions, all of which claim something. */
function textsOf(draft: Draft): Where[] {
  const actions = draft.document.actions.flatMap((action) =>
    (['title', 'reason', 'doneWhen'] as const).map((name) => ({
      get text() {
        return action[name];
      },
      set text(words: string) {
        action[name] = words;
      },
    })),
  );
  return [...spansOf(draft).filter(({ kind }) => kind !== 'reported'), ...actions];
}

/** Each match of a pattern, replaced by what a function makes of it; null leaves it. */
function each(pattern: RegExp, to: (found: string, ...groups: string[]) => string | null, pick = textsOf): Kind {
  return (draft) =>
    pick(draft).flatMap((where) =>
      [...outsideQuotes(where.text).matchAll(new RegExp(pattern, `${pattern.flags.replace('g', '')}g`))].flatMap(
        (match) => {
          const words = to(match[0], ...match.slice(1));
          if (words === null || words === match[0]) return [];
          return [
            () => {
              where.text = where.text.slice(0, match.index) + words + where.text.slice(match.index + match[0].length);
            },
          ];
        },
      ),
    );
}

/** The same length, with what people said blanked out: it may hold any figure. */
const outsideQuotes = (text: string) => text.replaceAll(/“[^”]*”/g, (quote) => '\u0000'.repeat(quote.length));

const shifted =
  (seconds: number) =>
  (time: string): string => {
    const [h = 0, m = 0, s = 0] = time.split(':').map(Number);
    const total = (((h * 3600 + m * 60 + s + seconds) % 86_400) + 86_400) % 86_400;
    return [Math.floor(total / 3600), Math.floor(total / 60) % 60, total % 60]
      .map((part) => String(part).padStart(2, '0'))
      .join(':');
  };

const spans =
  (change: (span: Span, draft: Draft) => (() => void) | null): Kind =>
  (draft) =>
    spansOf(draft).flatMap((span) => change(span, draft) ?? []);
const facts =
  (name: RegExp, change: (fact: Fact, draft: Draft) => (() => void) | null): Kind =>
  (draft) =>
    draft.ledger.filter((one) => name.test(one.name) && one.value !== null).flatMap((one) => change(one, draft) ?? []);
const insert =
  (section: string, text: string, kind: Span['kind'] = 'derived'): Kind =>
  (draft) => {
    const block = draft.document.sections
      .find(({ id }) => id === section)
      ?.blocks.find(({ layout }) => layout.as !== 'heading');
    return block ? [() => void block.spans.push({ kind, text, facts: [...(block.spans[0]?.facts ?? [])] })] : [];
  };
const dropped =
  (is: (block: Block) => boolean): Kind =>
  (draft) =>
    draft.document.sections.flatMap((section) =>
      section.blocks.filter(is).map((block) => () => {
        section.blocks = section.blocks.filter((one) => one !== block);
      }),
    );
const rowOf =
  (...kinds: string[]) =>
  (block: Block) =>
    block.layout.as === 'timeline' && block.layout.at !== null && kinds.includes(block.layout.kind);

/** Lengths, times and counts, each of which may be told as another of its kind. */
const FIGURES = [
  /\d+(?:\.\d+)? (?:h|min|ms|s)\b(?: \d+ (?:min|s)\b)*/g,
  /\d\d:\d\d:\d\d/g,
  /(?<![\p{L}\p{N}.:_/-])\d+(?![\p{L}\p{N}:_/-]|\.\d| (?:h|min|ms|s|days?|stretches)\b)/gu,
];
const FIXED =
  /HTTP \d{3}|Why \d|\b365 days before|\b30 days before|24 h(?= before)|(?<=within )10 min(?:utes)?\b|policy: 0 s|, folded:.*/g;

/** Where two figures of one kind stand in a text: how it reads with one in the place of the other, or both swapped. */
function confused(text: string, others: readonly string[] = [text], swap = true): string[] {
  const bare = (words: string) => outsideQuotes(words).replaceAll(FIXED, (found) => '\u0000'.repeat(found.length));
  return FIGURES.flatMap((pattern) => {
    const own = [...bare(text).matchAll(pattern)];
    const found = others.flatMap((other) => [...bare(other).matchAll(pattern)].map(([figure]) => figure));
    const put = (at: number, old: string, figure: string) => text.slice(0, at) + figure + text.slice(at + old.length);
    const single = own.flatMap((a) =>
      [...new Set(found)].filter((figure) => figure !== a[0]).map((figure) => put(a.index, a[0], figure)),
    );
    const swapped = own.flatMap((a, i) =>
      own
        .slice(i + 1)
        .filter((b) => b[0] !== a[0])
        .map((b) => {
          const later = put(b.index, b[0], a[0]);
          return later.slice(0, a.index) + b[0] + later.slice(a.index + a[0].length);
        }),
    );
    return swap ? [...single, ...swapped] : single;
  });
}

/** Numbers that are no part of a time, a date, a code, a name or a constant of the template. */
const NUMBER =
  /(?<![\p{L}\p{N}.:_/-])\d+(?:\.\d+)?(?![\p{L}\p{N}:_/-]|\.\d| (?:h after recovery|h before|days before|min after|of \d+ stretches))/u;
const isConstant = (text: string) => /^(?:Why|policy)/.test(text);

export const DOCUMENT_LIES: Record<string, Kind> = {
  'a second later': each(SPAN_TIME, shifted(1)),
  'a second earlier': each(SPAN_TIME, shifted(-1)),
  'a minute later': each(SPAN_TIME, shifted(60)),
  'a minute earlier': each(SPAN_TIME, shifted(-60)),
  'an hour later, as in another time zone': each(SPAN_TIME, shifted(3600)),
  'an hour earlier': each(SPAN_TIME, shifted(-3600)),
  'bounds swapped': each(/\((?:between )?(\S[^()]*?) (to|and) ([^()]*?)\)/, (found, a = '', word = '', b = '') =>
    a === b ? null : found.replace(`${a} ${word} ${b}`, `${b} ${word} ${a}`),
  ),
  'from and to swapped': each(
    /(\d\d:\d\d:\d\d)( UTC)? (to|and) (\d\d:\d\d:\d\d)/,
    (_, a = '', utc = '', word = '', b = '') => (a === b ? null : `${b}${utc} ${word} ${a}`),
  ),
  'another day': each(/\d{4}-\d\d-\d\d/, (day) => new Date(Date.parse(day) + 86_400_000).toISOString().slice(0, 10)),
  'another year': each(/\d{4}-\d\d-\d\d/, (day) => `${Number(day.slice(0, 4)) + 1}${day.slice(4)}`),
  'a weekday': each(/UTC on \d{4}-\d\d-\d\d/, (found) => found.replace('on ', 'on Sunday, ')),
  'one more': each(NUMBER, (n) => (isConstant(n) ? null : String(Number(n) + 1))),
  'one fewer': each(NUMBER, (n) => (Number(n) < 1 ? null : String(Number(n) - 1))),
  'ten times as many': each(NUMBER, (n) => (Number(n) === 0 ? null : `${n}0`)),
  'part and whole swapped': each(/(\d+) of (\d+)/, (_, a = '', b = '') => (a === b ? null : `${b} of ${a}`)),
  'minutes as hours': each(/(?<=\d) min\b/, () => ' h'),
  'seconds as milliseconds': each(/(?<=\d) s\b/, () => ' ms'),
  'milliseconds as seconds': each(/(?<=\d) ms\b/, () => ' s'),
  'rounded up to minutes': each(/(\d+) min \d+ s/, (_, minutes = '') => `${Number(minutes) + 1} min`),
  'rounded down to minutes': each(/(\d+) min \d+ s/, (_, minutes = '') => `${minutes} min`),
  'downtime given as span, and span as downtime': each(
    /(\d[^()]*?)( \([^()]*\))? of downtime( in \d+ windows)? within a span of (\d[^();.]*?)( \([^()]*\))?(?=$|[;.,])/,
    (_, down = '', downBounds = '', windows = '', span = '', spanBounds = '') =>
      down === span ? null : `${span}${spanBounds} of downtime${windows} within a span of ${down}${downBounds}`,
  ),
  'another status code': each(/HTTP \d{3}/, (code) => (code === 'HTTP 500' ? 'HTTP 504' : 'HTTP 500')),
  'a count in words': each(/\d+ of \d+ checks/, () => 'eleven checks'),
  'a length in words': each(/\d+ min/, () => 'some twenty minutes'),
  'full-width digits': each(NUMBER, (n) =>
    n.replaceAll(/\d/g, (digit) => String.fromCodePoint(0xff10 + ((Number(digit) + 1) % 10))),
  ),
  'superscript digits': each(NUMBER, () => '²'),
  'a no-break space inside of another length': each(/\d+ min/, (found) => `${Number.parseInt(found, 10) + 2}\u00a0min`),
  'a figure that a zero-width space hides': each(NUMBER, (n) => `${n}\u200b7`),
  'a figure as an HTML entity': each(NUMBER, () => '&#55;'),
  'a percentage of nothing': insert('summary', '98 % of requests failed.'),
  'a percentage in words': insert('summary', 'Half of the requests failed.'),
  'all locations': insert('summary', 'Every location saw it.'),
  everyone: insert('summary', 'Everyone was affected.'),
  'users from nowhere': insert('summary', 'About 1200 users were affected.'),
  'users in words': insert('summary', 'Thousands of users were affected.'),
  'a coincidence as the cause': insert('root-cause', 'The nearest change caused the failure.'),
  'a cause in other words': insert('timeline', 'The checks failed as a result of the change.'),
  'a cause as if somebody had said it': insert('root-cause', 'It failed because of the change.', 'reported'),
  'an invented percentile': insert('timeline', 'The 99th percentile was 1840 ms.'),
  'a question that says it': spans((span) =>
    span.kind === 'question'
      ? () => void Object.assign(span, { kind: 'derived', text: span.text.replaceAll('?', '.') })
      : null,
  ),
  'a question as a statement': spans((span) =>
    span.kind === 'question'
      ? () => {
          span.kind = 'derived';
        }
      : null,
  ),
  'a statement at the place of a question': spans((span) =>
    span.kind === 'question'
      ? () => void Object.assign(span, { kind: 'derived', text: 'It was a matter of configuration.' })
      : null,
  ),
  'a statement at the place of a question, of its monitor': spans((span, { ledger }) => {
    const name = ledger.find((fact) => fact.name === 'monitorName' && span.facts.includes(fact.id))?.value;
    return span.kind === 'question' && name
      ? () => void Object.assign(span, { kind: 'derived', text: `${name} was set up in another way.` })
      : null;
  }),
  'what was reported, as observed': spans((span) =>
    span.kind === 'reported' && /^“.+”$/.test(span.text)
      ? () => {
          span.kind = 'observed';
        }
      : null,
  ),
  'what was measured, as reported': spans((span) =>
    span.kind === 'derived' && /\d/.test(span.text)
      ? () => {
          span.kind = 'reported';
        }
      : null,
  ),
  'a quote with another word': spans((span) =>
    /“\S+ \S+/.test(span.text) && span.kind === 'reported'
      ? () => {
          span.text = span.text.replace(/“\S+/, '“Somebody');
        }
      : null,
  ),
  'a quote with a word more': spans((span) =>
    span.kind === 'reported' && /”$/.test(span.text)
      ? () => {
          span.text = span.text.replace(/”$/, ' at last”');
        }
      : null,
  ),
  'a quote without its first word': spans((span) =>
    span.kind === 'reported' && /“\S+ \S+/.test(span.text)
      ? () => {
          span.text = span.text.replace(/“\S+ /, '“');
        }
      : null,
  ),
  'cites nothing': spans((span) =>
    span.kind !== 'question' &&
    /\d/.test(outsideQuotes(span.text)) &&
    span.facts.length > 0 &&
    !/^policy/.test(span.text)
      ? () => {
          span.facts = [];
        }
      : null,
  ),
  'cites a fact of another subject with the same value': (draft) => {
    const subject = (fact: Fact) => /^(?:mon|evt|msg|chg|inc)_[0-9a-z]{26}/.exec(fact.about ?? '')?.[0];
    return blocksOf(draft)
      .filter(
        ({ layout }) =>
          layout.as === 'timeline' && layout.at !== null && layout.kind !== 'folded' && layout.kind !== 'conflict',
      )
      .flatMap(({ spans: own }) =>
        own.flatMap((span) =>
          span.facts.flatMap((id, i) => {
            const cited = draft.ledger.find((one) => one.id === id);
            if (!cited || !subject(cited)) return [];
            const twin = draft.ledger.find(
              (one) =>
                one.name === cited.name && one.value === cited.value && subject(one) && subject(one) !== subject(cited),
            );
            return twin ? [() => void span.facts.splice(i, 1, twin.id)] : [];
          }),
        ),
      );
  },
  'a figure of its sentence at the place of another': (draft) =>
    textsOf(draft).flatMap((where) =>
      confused(where.text).map((text) => () => {
        where.text = text;
      }),
    ),
  'a figure of another text of its action': (draft) =>
    draft.document.actions.flatMap((action) => {
      const fields = ['title', 'reason', 'doneWhen'] as const;
      return fields.flatMap((field) =>
        confused(
          action[field],
          fields.map((each) => action[each]),
          false,
        ).map((text) => () => {
          action[field] = text;
        }),
      );
    }),
  'a row that is not there': dropped(
    rowOf(
      ...[
        'started',
        'detected',
        'restored',
        'joined',
        'change',
        'note',
        'diagnostic',
        'cause_identified',
        'fix_applied',
      ],
      ...[
        'acknowledged',
        'status_update',
        'resolved',
        'near_miss',
        'unobserved',
        'conflict',
        'alerted',
        'alert_failed',
      ],
      ...['latency', 'degraded'],
    ),
  ),
  'a gap that is not there': dropped(
    ({ id, spans: own }) => /^gaps\.(?!columns)/.test(id) && /\d/.test(own[1]?.text ?? ''),
  ),
  'a moment that nobody asks for': dropped(
    ({ layout, id }) =>
      layout.as === 'timeline' && layout.at === null && /\.(?:alerted|diagnostic|cause|fix|restored)$/.test(id),
  ),
  'a row told twice': (draft) =>
    timelineOf(draft).flatMap((block, i, all) =>
      block.layout.as === 'timeline' ? [() => void all.splice(i, 0, structuredClone(block))] : [],
    ),
  'two rows swapped': (draft) =>
    timelineOf(draft).flatMap((block, i, all) => {
      const next = all[i + 1];
      if (block.layout.as !== 'timeline' || next?.layout.as !== 'timeline') return [];
      if (block.layout.at === null || next.layout.at === null || block.layout.at === next.layout.at) return [];
      return [() => void all.splice(i, 2, next, block)];
    }),
  'a note as the cause': (draft) =>
    timelineOf(draft).flatMap(({ layout, spans: own }) =>
      layout.as === 'timeline' && layout.kind === 'note'
        ? [
            () => {
              layout.kind = 'cause_identified';
              if (own[1]) own[1].text = 'Cause identified, as reported and to be confirmed:';
            },
          ]
        : [],
    ),
  'what a person said, as an integration’s': (draft) =>
    timelineOf(draft).flatMap(({ layout }) =>
      layout.as === 'timeline' &&
      layout.source === 'person' &&
      layout.at !== null &&
      layout.kind !== 'restored' &&
      layout.kind !== 'started' &&
      layout.kind !== 'detected'
        ? [
            () => {
              layout.source = 'integration';
            },
          ]
        : [],
    ),
  'machine words as if a person had written them': (draft) =>
    blocksOf(draft)
      .filter(({ layout }) => layout.as === 'paragraph')
      .map((block) => () => {
        block.origin = 'edited';
        block.written = { by: 'nobody', at: '2026-01-01T00:00:00.000Z' };
        block.spans = [{ kind: 'reported', text: 'It was down for 3 minutes.', facts: [] }];
      }),
};

/** Facts that stand side by side and of which a sentence cites the first and not the second. */
function pairsApart(draft: Draft): [Fact, Fact][] {
  return draft.ledger.flatMap((fact, i, all): [Fact, Fact][] => {
    const next = all[i + 1];
    if (!next || fact.name === next.name || fact.value === next.value) return [];
    const citedAlone = spansOf(draft).some(({ facts: cited }) => cited.includes(fact.id) && !cited.includes(next.id));
    return citedAlone ? [[fact, next]] : [];
  });
}

export const LEDGER_LIES: Record<string, Kind> = {
  'a value one off': facts(/./, (fact) =>
    typeof fact.value === 'number'
      ? () => {
          fact.value = Number(fact.value) + 1;
        }
      : null,
  ),
  'a time one second off': facts(/./, (fact) =>
    fact.unit === 'time'
      ? () => {
          fact.value = new Date(Date.parse(String(fact.value)) + 1000).toISOString();
        }
      : null,
  ),
  'a text with a word more': facts(/./, (fact) =>
    fact.unit === 'text'
      ? () => {
          fact.value = `${fact.value} indeed`;
        }
      : null,
  ),
  'bounds swapped': facts(/./, (fact) =>
    fact.min !== undefined && fact.max !== undefined && fact.min !== fact.max
      ? () => void Object.assign(fact, { min: fact.max, max: fact.min })
      : null,
  ),
  'narrower bounds': facts(/./, (fact) =>
    typeof fact.max === 'number' && fact.max !== fact.value
      ? () => {
          fact.max = fact.value as number;
        }
      : null,
  ),
  'another unit': facts(/./, (fact) => () => {
    fact.unit = fact.unit === 's' ? 'ms' : 's';
  }),
  'no rows': facts(/./, (fact) => () => {
    fact.rows = [];
  }),
  'another name': facts(/Seconds$/, (fact) => () => {
    fact.name = fact.name === 'downSeconds' ? 'spanSeconds' : 'downSeconds';
  }),
  'nothing known': facts(
    /^(?:start|end|detectedAt|alertedAt|acknowledgedAt|causeIdentifiedAt|fixAppliedAt)$/,
    (fact) => () => {
      fact.value = null;
      delete fact.min;
      delete fact.max;
    },
  ),
  'a fact left out': facts(/^(?!proposed|asOf)/, (fact, draft) => () => {
    draft.ledger = draft.ledger.filter((one) => one !== fact);
  }),
  'two facts with each other’s ids': (draft) =>
    pairsApart(draft).map(([fact, next]) => () => {
      [fact.id, next.id] = [next.id, fact.id];
    }),
  'two facts at each other’s places': (draft) =>
    pairsApart(draft).map(([fact, next]) => () => {
      const i = draft.ledger.indexOf(fact);
      [fact.id, next.id] = [next.id, fact.id];
      draft.ledger.splice(i, 2, next, fact);
    }),
  'a leaked address': facts(/^(?:entryText|changeTitle|monitorName)$/, (fact) => () => {
    fact.value = `${fact.value} ann@shop.example`;
  }),
  'a leaked token': facts(/^(?:entryText|changeTitle|monitorName)$/, (fact) => () => {
    fact.value = `${fact.value} hc_0123456789abcdef`;
  }),
  'a leaked query': facts(/^(?:entryText|changeTitle)$/, (fact) => () => {
    fact.value = `${fact.value} https://a.example/?user=ann`;
  }),
};

/** Lies that a renderer tells: changes of its text, each at all places where it can be told. */
export type TextKind = (text: string) => string[];

const inBody = (text: string) => text.slice(0, Math.max(0, text.search(/<h2>Appendix|## Appendix/)));
const atEach =
  (pattern: RegExp, to: (found: string) => string): TextKind =>
  (text) =>
    [...inBody(text).matchAll(pattern)].flatMap((match) => {
      const words = to(match[0]);
      return words === match[0] ? [] : [text.slice(0, match.index) + words + text.slice(match.index + match[0].length)];
    });

export const MARKDOWN_LIES: Record<string, TextKind> = {
  'a minute later': atEach(/\d\d:\d\d:\d\d/g, shifted(60)),
  'a row is missing': atEach(/^- .*\n/gm, () => ''),
  'a cell is another': atEach(/(?<=\| )\d[^|*]*(?= \|)/g, (found) =>
    found.replace(/\d+/, (n) => String(Number(n) + 1)),
  ),
  'a paragraph is missing': atEach(/^[A-Z1-9][^\n]*\d[^\n]*\n/gm, () => ''),
  'a table row is missing': atEach(/^\| (?!Gap|---|\|)[^\n]*\n/gm, () => ''),
  'two rows swapped': (text) => {
    const lines = text.split('\n');
    return lines.flatMap((line, i) => {
      const next = lines[i + 1];
      if (!line.startsWith('- ') || !next?.startsWith('- ') || line === next) return [];
      return [lines.toSpliced(i, 2, next, line).join('\n')];
    });
  },
  'a row told twice': atEach(/^- \d\d:\d\d:\d\d[^\n]*\n/gm, (row) => row + row),
  'a line of its own': (text) => [text.replace('## Timeline', 'Availability was 98.7 %.\n\n## Timeline')],
  'a cause of its own': (text) => [text.replace('## Timeline', 'This was caused by a deploy.\n\n## Timeline')],
  'a heading is missing': atEach(/^#{2,3} (?!Appendix)[^\n]*\n/gm, () => ''),
  'more claims than there are': (text) => [text.replace(/(\d+) of (\d+) claims/, '9999 of 9999 claims')],
  'a fact with another value': (text) =>
    [...text.matchAll(/^(\| f\d+ \| \w+ \| [^|]* \| )(\d+)/gm)].map(
      (match) =>
        `${text.slice(0, match.index)}${match[1]}${Number(match[2]) + 1}${text.slice(match.index + match[0].length)}`,
    ),
  'a fact is missing': (text) => [...text.matchAll(/^\| f\d+ \|[^\n]*\n/gm)].map((match) => text.replace(match[0], '')),
  'live markup': atEach(/“/g, () => '“<img src=x onerror=alert(1)>'),
  'a link': atEach(/“/g, () => '“[x](http://evil.example/)'),
  'an entity for a digit': atEach(/(?<=\d\d:\d\d:)\d\d/g, (found) => (found === '55' ? '&#49;1' : '&#53;&#53;')),
};

export const HTML_LIES: Record<string, TextKind> = {
  'a minute later': atEach(/(?<=[> ])\d\d:\d\d:\d\d(?=[< ])/g, shifted(60)),
  'a row is missing': atEach(/<li[^>]*>.*?<\/li>\n/g, () => ''),
  'a row with another time for machines': atEach(/datetime="[^"]*"/g, () => 'datetime="2020-01-01T00:00:00.000Z"'),
  'a paragraph is missing': atEach(/<p data-block.*?<\/p>/g, () => ''),
  'a gap is missing': atEach(/<tr data-block.*?<\/tr>\n/g, () => ''),
  'a row told twice': atEach(/<li class="(?!unknown)[^>]*>.*?<\/li>\n/g, (row) => row + row),
  'two rows swapped': (text) => {
    const lines = text.split('\n');
    return lines.flatMap((line, i) => {
      const next = lines[i + 1];
      if (!line.startsWith('<li') || !next?.startsWith('<li') || line === next) return [];
      return [lines.toSpliced(i, 2, next, line).join('\n')];
    });
  },
  'a label of its own': (text) => [
    text
      .replace('</main>', '<svg><text x="1">17:23:45 deploy</text></svg></main>')
      .replace('<h2>Appendix', '<p>17 retries</p><h2>Appendix'),
  ],
  'a fact with another value': (text) =>
    [...text.matchAll(/<td>(f\d+)<\/td><td>\w+<\/td><td>[^<]*<\/td><td>(\d+)/g)].map(
      (match) =>
        `${text.slice(0, match.index)}${match[0].replace(/\d+$/, (n) => String(Number(n) + 1))}${text.slice(match.index + match[0].length)}`,
    ),
  'a fact is missing': (text) =>
    [...text.matchAll(/<tr><td>f\d+<\/td>.*?<\/tr>/g)].map((match) => text.replace(match[0], '')),
  'a script': (text) => [text.replace('</main>', '<script>alert(1)</script></main>')],
  'an image from elsewhere': (text) => [text.replace('<h2>', '<img src="https://evil.example/x.png"><h2>')],
  'more claims than there are': (text) => [text.replace(/(\d+) of (\d+) claims/, '9999 of 9999 claims')],
  'a digit as an entity': atEach(/(?<=\d of )\d+(?= checks)/g, (n) => `&#49;${n}`),
};
