import type { EpochMs } from '../clock.ts';

export type PostmortemStatus = 'live' | 'draft' | 'in_review' | 'published';

/** A step that a person took, as it is stored. */
export interface Step {
  step: 'submitted' | 'published' | 'amended';
  at: EpochMs;
  by: string;
  revision: number;
  /** The amendment, or why the gate was overridden. */
  text: string | null;
  /** The rules that were overridden. */
  rules: string[];
}

export interface Amendment {
  at: EpochMs;
  by: string;
  text: string;
}

/** What people did with a postmortem: all that is shown of its life beside its text. */
export interface Life {
  submitted: { at: EpochMs; by: string } | null;
  published: { at: EpochMs; by: string; revision: number } | null;
  /** Publishing with findings left: who, why, and which rules. */
  override: { at: EpochMs; by: string; reason: string; rules: string[] } | null;
  amendments: Amendment[];
}

export const NO_LIFE: Life = { submitted: null, published: null, override: null, amendments: [] };

export function lifeOf(steps: readonly Step[]): Life {
  const submitted = steps.findLast(({ step }) => step === 'submitted');
  const published = steps.find(({ step }) => step === 'published');
  return {
    submitted: submitted ? { at: submitted.at, by: submitted.by } : null,
    published: published ? { at: published.at, by: published.by, revision: published.revision } : null,
    override:
      published && published.text !== null
        ? { at: published.at, by: published.by, reason: published.text, rules: published.rules }
        : null,
    amendments: steps
      .filter(({ step }) => step === 'amended')
      .map(({ at, by, text }) => ({ at, by, text: text ?? '' })),
  };
}

export function statusOf(life: Life, isOpen: boolean): PostmortemStatus {
  if (life.published) return 'published';
  if (isOpen) return 'live';
  return life.submitted ? 'in_review' : 'draft';
}

export type Transition = 'edit' | 'regenerate' | 'submit' | 'publish' | 'amend';

const OPEN = 'the incident is still open';
const DONE = 'its text is published and never changes; POST …/postmortem/amend adds to it';

/** Why a step makes no sense in a status, or null. */
export function refuseStep(status: PostmortemStatus, transition: Transition): string | null {
  if (transition === 'amend')
    return status === 'published' ? null : 'only what is published is amended; edit it instead';
  if (status === 'published') return transition === 'publish' ? `it is published already, and ${DONE}` : DONE;
  if (status === 'live') {
    if (transition === 'submit') return `${OPEN}; submit the draft once it is resolved`;
    if (transition === 'publish') return `${OPEN}; publish the draft once it is resolved`;
  }
  return status === 'in_review' && transition === 'submit' ? 'it is in review already' : null;
}
