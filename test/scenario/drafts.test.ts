import { createTwoFilesPatch } from 'diff';
import { expect, it } from 'vitest';
import { drawGoldens, readGoldens } from '#test/support/goldens.ts';

it('draws every golden draft byte by byte; `npm run goldens` writes them anew, and the diff is for reading', () => {
  const [golden, drawn] = [readGoldens(), drawGoldens()];
  const differences = [...new Set([...golden.keys(), ...drawn.keys()])]
    .sort()
    .filter((name) => golden.get(name) !== drawn.get(name))
    .map((name) => createTwoFilesPatch(name, name, golden.get(name) ?? '', drawn.get(name) ?? '', 'golden', 'drawn'));
  if (differences.length > 0)
    expect.fail(`drafts changed; \`npm run goldens\` writes them anew\n${differences.join('\n')}`);
});
