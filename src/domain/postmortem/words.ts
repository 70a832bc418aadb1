import type { Section } from './document.ts';

/** Words before the appendix: titles and all that stands under them. */
export function countWords(sections: readonly Section[]): number {
  const texts = sections.flatMap(({ title, blocks }) => [
    title,
    ...blocks.flatMap(({ spans }) => spans.map(({ text }) => text)),
  ]);
  return texts.join(' ').split(/\s+/).filter(Boolean).length;
}
