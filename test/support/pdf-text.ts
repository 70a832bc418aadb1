import { spawnSync } from 'node:child_process';
import { requireProgram } from './programs.ts';

/** The text of a PDF as a reader meets it: without the head and the foot of its A4 pages. */
export function pdfText(pdf: Uint8Array): string {
  const args = ['-raw', '-x', '0', '-y', '50', '-W', '595', '-H', '735', '-', '-'];
  const { stdout, status, stderr } = spawnSync(requireProgram('pdftotext'), args, { input: pdf, encoding: 'utf8' });
  if (status !== 0) throw new Error(`pdftotext: ${stderr}`);
  // The font of the PDF has no arrow.
  return stdout.replaceAll('->', '→').replaceAll('\f', '\n');
}
