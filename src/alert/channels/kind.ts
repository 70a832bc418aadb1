import type { Socket } from 'node:net';
import type { Dispatcher } from 'undici';
import { z } from 'zod';
import type { SendOutcome, Thread } from '#src/domain/channel.ts';
import { urlProblem } from '#src/domain/http-url.ts';
import type { AlertMessage } from '#src/domain/message.ts';

/** A connection to a mail server: resolved, judged by the address guard and, when `secure`, by its certificate. */
export type Dial = (host: string, port: number, options: { secure: boolean }) => Promise<Socket>;

export interface SendContext<Settings> {
  /** The fields of the channel's type, secrets opened. */
  settings: Settings;
  /** The webhook-id: one per alert, the same over all attempts. */
  alertId: string;
  /** The frozen payload, byte for byte. */
  payload: string;
  /** What the payload says, for people. */
  message: AlertMessage;
  /** What the service answered before to alerts of this incident; null for its first. */
  thread: Thread | null;
  /** Wall time of this attempt, ms. */
  now: number;
  /** Carries all requests; it refuses addresses that policy forbids. */
  agent: Dispatcher;
  dial: Dial;
  signal: AbortSignal;
}

export interface SecretField {
  schema: z.ZodType<string>;
  /** made: when absent a value is made and shown once. */
  when: 'required' | 'optional' | 'made';
}

type Shape = Readonly<Record<string, z.ZodType>>;
export type Values = Readonly<Record<string, unknown>>;

/** A kind of channel: its fields, its rules, and how one alert is sent. */
export interface ChannelKind {
  fields: Shape;
  secrets: Readonly<Record<string, SecretField>>;
  /** What is wrong with the fields together; secrets are opened. */
  problem(settings: Values): { path: string; message: string } | null;
  /** Where it will connect to, with the field that says so. */
  hosts(settings: Values): { path: string; host: string }[];
  /** One attempt. Never throws for what the service does. */
  send(context: SendContext<Values>): Promise<SendOutcome>;
}

type Settings<F extends Shape, S extends string> = { [K in keyof F]: z.output<F[K]> } & Record<S, string | null>;

/** Types a kind by its own fields. What is stored was checked by them when it was saved. */
export function defineChannel<F extends Shape, S extends string>(kind: {
  fields: F;
  secrets: Record<S, SecretField>;
  problem?(settings: Settings<F, NoInfer<S>>): { path: string; message: string } | null;
  hosts(settings: Settings<F, NoInfer<S>>): { path: string; host: string }[];
  send(context: SendContext<Settings<F, NoInfer<S>>>): Promise<SendOutcome>;
}): ChannelKind {
  const own = (settings: Values) => settings as Settings<F, S>;
  return {
    fields: kind.fields,
    secrets: kind.secrets,
    problem: (settings) => kind.problem?.(own(settings)) ?? null,
    hosts: (settings) => kind.hosts(own(settings)),
    send: (context) => kind.send({ ...context, settings: own(context.settings) }),
  };
}

/** A URL that is requested as it stands; `https` where the URL itself is a secret. */
export const channelUrl = z.string().check((context) => {
  const problem = urlProblem(context.value)?.replace('; use auth instead', '');
  if (problem) context.issues.push({ code: 'custom', message: problem, input: context.value, continue: true });
});

/** A token as services give them: visible ASCII, so that it fits a header and a path. */
export const token = (pattern: RegExp, message: string) => z.string().max(1000).regex(pattern, message);

export const hostOf = (path: string, url: string | null) => {
  const host = url === null ? undefined : URL.parse(url)?.hostname;
  return host ? [{ path, host }] : [];
};
