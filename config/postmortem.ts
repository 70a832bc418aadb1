import { isMap, type Node, type YAMLMap } from 'yaml';
import { z } from 'zod';
import {
  DEFAULT_POLICY,
  PLACEHOLDERS,
  type PostmortemPolicy,
  QUOTABLE,
  REDACTABLE,
  REQUIRED_SECTIONS,
  SECTION_IDS,
} from '#src/domain/postmortem/policy.ts';
import { type Add, describeText, unknownKey } from './checks.ts';

/** A message in the second half of the form "is …; give …". */
const whole = (least: number, most: number, of: string) => {
  const error = `give a whole number of ${of} from ${least} to ${most}`;
  return z.int({ error }).min(least, { error }).max(most, { error });
};
const text = (most: number) => {
  const error = `give 1 to ${most} visible characters`;
  return z
    .string({ error })
    .min(1, { error })
    .max(most, { error })
    .refine((value) => !/\p{C}/u.test(value) && value.trim() === value, { error });
};
const choice = <const T extends readonly [string, ...string[]]>(values: T) =>
  z.enum(values, { error: `give one of ${values.join(', ')}` });
const list = <T extends z.ZodType>(item: T) => z.array(item, { error: 'give a list, each entry behind a dash' });
const seconds = whole(1, 604_800, 'seconds').nullable().default(null);

const DEADLINES = DEFAULT_POLICY.deadlines;
const deadlines = z.strictObject({
  dueHours: whole(1, 720, 'hours').default(DEADLINES.dueHours),
  remindHours: list(whole(1, 719, 'hours'))
    .max(10, { error: 'give at most 10' })
    .optional(),
  followUpDays: whole(14, 28, 'days').default(DEADLINES.followUpDays),
});

const question = text(300).refine((value) => unknownPlaceholders(value).length === 0, {
  error: `has a placeholder that is not known; give ${PLACEHOLDERS.map((name) => `{${name}}`).join(', ')}`,
});

const section = z.union(
  [
    choice(SECTION_IDS).transform((id) => ({ id, title: null })),
    z.strictObject({ id: choice(SECTION_IDS), title: text(80).nullable().default(null) }),
  ],
  { error: `give one of ${SECTION_IDS.join(', ')}, or a mapping of id and title` },
);

const sections = list(section)
  .refine((value) => new Set(value.map(({ id }) => id)).size === value.length, { error: 'give each section once' })
  .refine((value) => REQUIRED_SECTIONS.every((id) => value.some((each) => each.id === id)), {
    error: `lack a section that no postmortem goes without; give ${REQUIRED_SECTIONS.join(' and ')}`,
  });

const schema = z
  .strictObject({
    deadlines: deadlines.prefault({}),
    targets: z
      .strictObject({ detectSeconds: seconds, acknowledgeSeconds: seconds, statusUpdateSeconds: seconds })
      .prefault({}),
    privacy: z
      .strictObject({
        names: z.record(text(200), text(200), { error: 'give internal names, each with a colon and its public name' }),
        redact: list(choice(REDACTABLE)),
        quotes: list(choice(QUOTABLE)),
      })
      .partial()
      .prefault({}),
    sections: sections.optional(),
    questions: z.partialRecord(choice(SECTION_IDS), list(question).max(20, { error: 'give at most 20' })).default({}),
  })
  .superRefine(({ deadlines: { dueHours, remindHours } }, context) => {
    if (remindHours?.every((hours, i) => hours < dueHours && hours > (remindHours[i - 1] ?? 0)) === false)
      context.addIssue({
        code: 'custom',
        path: ['deadlines', 'remindHours'],
        message: `give hours that ascend and come before dueHours (${dueHours})`,
      });
  });

/** Reads the section `postmortem`: what is left out is as usual. */
export function readPostmortem(value: unknown, node: Node, add: Add): PostmortemPolicy {
  const parsed = schema.safeParse(value, { reportInput: true });
  if (parsed.success) return policyOf(parsed.data);
  for (const issue of parsed.error.issues) {
    const path = issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part));
    const at = nodeAt(node, path);
    if (issue.code === 'unrecognized_keys') {
      for (const key of issue.keys)
        add(nameOf([...path, key]), nodeAt(node, [...path, key]), unknownKey(key, keysAt(path)));
    } else add(nameOf(path), at, described(issue.input, issue.message));
  }
  return DEFAULT_POLICY;
}

function policyOf({ deadlines, targets, privacy, sections, questions }: z.output<typeof schema>): PostmortemPolicy {
  const { dueHours, followUpDays } = deadlines;
  return {
    // Usual reminders that would come too late for a short deadline are left out.
    deadlines: {
      dueHours,
      remindHours: deadlines.remindHours ?? DEADLINES.remindHours.filter((hours) => hours < dueHours),
      followUpDays,
    },
    targets,
    privacy: {
      names: privacy.names ?? DEFAULT_POLICY.privacy.names,
      redact: privacy.redact ?? DEFAULT_POLICY.privacy.redact,
      quotes: privacy.quotes ?? DEFAULT_POLICY.privacy.quotes,
    },
    sections: sections ?? DEFAULT_POLICY.sections,
    questions: Object.fromEntries(Object.entries(questions).filter(([, asked]) => asked && asked.length > 0)),
  };
}

function unknownPlaceholders(value: string): string[] {
  const known: readonly string[] = PLACEHOLDERS;
  return [...value.matchAll(/\{([^{}]*)\}|[{}]/g)]
    .map((found) => found[1] ?? '')
    .filter((name) => !known.includes(name));
}

/** What was given, when it can be shown in a word, and what would be accepted. */
function described(input: unknown, message: string): string {
  if (!message.startsWith('give')) return message;
  if (typeof input === 'string' || typeof input === 'number' || typeof input === 'boolean')
    return `is ${describeText(String(input))}; ${message}`;
  return input === null ? `is empty; ${message}` : `is not that; ${message}`;
}

type Path = (string | number)[];

function nameOf(path: Path): string {
  return path.reduce<string>(
    (name, part) => name + (typeof part === 'number' ? `[${part}]` : `.${part}`),
    'postmortem',
  );
}

/** The node at a path, or the nearest one above it. */
function nodeAt(node: Node, path: Path): Node {
  for (let length = path.length; length > 0 && isMap(node); length--) {
    const found = (node as YAMLMap).getIn(path.slice(0, length), true) as Node | undefined;
    if (found?.range) return found;
  }
  return node;
}

function keysAt(path: Path): string[] {
  const shapes: Record<string, string[]> = {
    '': Object.keys(schema.shape),
    deadlines: Object.keys(deadlines.shape),
    targets: ['detectSeconds', 'acknowledgeSeconds', 'statusUpdateSeconds'],
    privacy: ['names', 'redact', 'quotes'],
    sections: ['id', 'title'],
    questions: [...SECTION_IDS],
  };
  return shapes[String(path[0] ?? '')] ?? [];
}
