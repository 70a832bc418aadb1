import { z } from 'zod';
import { CHANNEL_TYPES, type ChannelType } from '#src/domain/channel.ts';
import { DIGESTS, type Digest } from '#src/domain/digest.ts';
import type { ChannelKind } from '../deps.ts';
import { ApiProblem } from '../problem.ts';
import { key, time } from './common.ts';

export type ChannelInput = { key: string; type: ChannelType; human: boolean; digest: Digest } & Record<string, unknown>;

/** The shapes of channels in requests and answers, made from the kinds there are: `type` picks the fields. */
export interface ChannelFormats {
  kinds: Readonly<Record<ChannelType, ChannelKind>>;
  inputs: Readonly<Record<ChannelType, z.ZodType<ChannelInput>>>;
  input: z.ZodType<ChannelInput>;
  changes: z.ZodType<Record<string, unknown>>;
  answer: z.ZodType<Record<string, unknown>>;
}

type Branch = z.ZodObject<{ type: z.ZodLiteral<string> }>;

const HUMAN = 'false for a machine: never counts as the first person alerted';
const SECRET = { made: 'made and shown once when absent', required: '', optional: '' } as const;
const capital = (type: string) => `${type[0]?.toUpperCase()}${type.slice(1)}`;

const known = new WeakMap<object, ChannelFormats>();

/** Made once for the kinds there are: their names in the reference are unique. */
export function channelFormats(kinds: ChannelFormats['kinds']): ChannelFormats {
  const formats = known.get(kinds) ?? makeFormats(kinds);
  known.set(kinds, formats);
  return formats;
}

function makeFormats(kinds: ChannelFormats['kinds']): ChannelFormats {
  const inputs = byType((type) =>
    z
      .strictObject({
        key,
        type: z.literal(type),
        ...kinds[type].fields,
        ...secretFields(kinds[type], ({ schema, when }) =>
          schema
            .nullable()
            .optional()
            .describe([SECRET[when], 'write-only; null keeps what is stored'].filter(Boolean).join('; ')),
        ),
        human: z.boolean().default(true).describe(HUMAN),
        digest: z
          .enum(DIGESTS, { error: `must be one of ${DIGESTS.join(', ')}` })
          .default('daily')
          .describe('how often it is told of monitors that were degraded; daily is 08:00 UTC'),
      })
      .meta({ id: `${capital(type)}ChannelDefinition` }),
  );
  const answers = byType((type) =>
    z
      .object({
        id: z.string(),
        key: z.string(),
        type: z.literal(type),
        ...kinds[type].fields,
        ...secretFields(kinds[type], () => z.string().nullable().describe('only in the answer that made it')),
        human: z.boolean(),
        digest: z.enum(DIGESTS),
        disabledReason: z.string().nullable(),
        createdAt: time,
        updatedAt: time,
      })
      .meta({ id: `${capital(type)}Channel` }),
  );
  const types = `must be one of ${CHANNEL_TYPES.join(', ')}`;
  const all = (branches: Record<ChannelType, z.ZodType>, id: string) =>
    z
      .discriminatedUnion('type', Object.values(branches) as unknown as [Branch, ...Branch[]], { error: types })
      .meta({ id });
  return {
    kinds,
    inputs: inputs as unknown as ChannelFormats['inputs'],
    input: all(inputs, 'ChannelDefinition') as unknown as ChannelFormats['input'],
    changes: z
      .record(z.string(), z.unknown())
      .meta({ id: 'ChannelChanges', description: 'Some of the fields of the channel, but for its type' }),
    answer: all(answers, 'Channel') as unknown as ChannelFormats['answer'],
  };
}

function byType<T>(make: (type: ChannelType) => T): Record<ChannelType, T> {
  return Object.fromEntries(CHANNEL_TYPES.map((type) => [type, make(type)])) as Record<ChannelType, T>;
}

function secretFields<T>(kind: ChannelKind, make: (secret: ChannelKind['secrets'][string]) => T): Record<string, T> {
  return Object.fromEntries(Object.entries(kind.secrets).map(([name, secret]) => [name, make(secret)]));
}

/** For a body whose shape depends on what is stored. @throws ApiProblem 422 that names every field that is wrong. */
export function mustParse<T>(schema: z.ZodType<T>, value: unknown): T {
  const read = schema.safeParse(value);
  if (read.success) return read.data;
  const errors = read.error.issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((name) => ({ path: name, message: 'is not a known field' }))
      : [{ path: issue.path.join('.'), message: issue.message }],
  );
  throw new ApiProblem(422, errors.map(({ path, message }) => `${path}: ${message}`).join('; '), { errors });
}
