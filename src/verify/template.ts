import type { PostmortemDocument } from '#src/domain/postmortem/document.ts';
import type { Case } from './case.ts';
import type { Expectation } from './expected.ts';
import type { Policy } from './policy.ts';
import type { TextFinding } from './text.ts';

const USUAL = ['summary', 'timeline', 'root-cause', 'what-went-well', 'action-items'];

/** The questions of a team in the order of the policy, each with the id that its block must have. */
function questionsOf(policy: Policy): { blockId: string; raw: string }[] {
  return (policy.sections?.map(({ id }) => id) ?? USUAL).flatMap((section) => {
    const seen: string[] = [];
    return (policy.questions[section] ?? []).map((raw) => {
      const words = raw.toLowerCase().split(/[^\p{L}\p{N}]+/u);
      const slug = words.join('-').slice(0, 60).replace(/^-/, '').replace(/-$/, '') || 'question';
      seen.push(slug);
      const nth = seen.filter((other) => other === slug).length;
      return { blockId: `${section}.team.${slug}${nth > 1 ? `-${nth}` : ''}`, raw };
    });
  });
}

export function expectTemplate(of: Case, facts: Expectation): void {
  for (const { blockId, raw } of questionsOf(of.policy)) facts.words('teamQuestion', raw, blockId);
}

/** Are the sections those of the policy, in its order and under its titles, and is every question of the team put? */
export function checkTemplate(
  policy: Policy,
  document: PostmortemDocument,
): { total: number; findings: TextFinding[] } {
  const findings: TextFinding[] = [];
  const order = policy.sections?.map(({ id }) => id) ?? USUAL;
  const stands = document.sections.map(({ id }) => id as string);
  if (stands.join() !== order.join()) {
    findings.push({ blockId: 'template', text: stands.join(', '), reason: `the sections are ${order.join(', ')}` });
  }
  const titled = policy.sections?.filter(({ title }) => title !== null) ?? [];
  for (const { id, title } of titled) {
    const section = document.sections.find((each) => each.id === id);
    if (section && section.title !== title)
      findings.push({ blockId: id, text: section.title, reason: `its title is ${title}` });
  }
  const questions = questionsOf(policy);
  const blocks = new Map(document.sections.flatMap((section) => section.blocks).map((block) => [block.id, block]));
  for (const { blockId, raw } of questions) {
    const block = blocks.get(blockId);
    const text = block?.spans.map((span) => span.text).join(' ') ?? '';
    const holds =
      block && (block.origin !== 'machine' || (isFilled(text, raw) && block.spans.every((s) => s.kind === 'question')));
    if (!holds) findings.push({ blockId, text, reason: `the team asks: ${raw}` });
  }
  return { total: 1 + titled.length + questions.length, findings };
}

/** The question's own words must stand in order; a placeholder may hold anything, the text check sees to its figures. */
function isFilled(text: string, raw: string): boolean {
  const fixed = raw.split(/\{[a-z]+\}/).map((part) => part.replace(/\s+/gu, ' '));
  let at = 0;
  for (const part of fixed.map((each) => each.trim())) {
    const found = text.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return text.startsWith((fixed[0] ?? '').trimStart()) && text.endsWith((fixed.at(-1) ?? '').trimEnd());
}
