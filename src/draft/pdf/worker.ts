import { parentPort } from 'node:worker_threads';
import { type PdfOptions, pdfContent } from './content.ts';
import { printPdf } from './print.ts';

/** What the main thread asks for, one at a time. */
export interface PdfRequest {
  postmortem: Parameters<typeof pdfContent>[0];
  options: PdfOptions;
}

parentPort?.on('message', async ({ postmortem, options }: PdfRequest) => {
  try {
    parentPort?.postMessage({ pdf: await printPdf(pdfContent(postmortem, options)) });
  } catch (error) {
    parentPort?.postMessage({ failure: error instanceof Error ? error.message : String(error) });
  }
});
