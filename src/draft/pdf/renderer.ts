import { Worker } from 'node:worker_threads';
import type { Printed } from '#src/domain/postmortem/render/printed.ts';
import type { PdfOptions } from './content.ts';

/** A document of tens of pages takes about a second; whatever takes this long will not end. */
const LIMIT_MS = 30_000;
/** The thread and its fonts are let go when nobody has asked for this long. */
const IDLE_MS = 60_000;

export interface PdfRenderer {
  /** Prints in a thread of its own: probes and other reads go on meanwhile. One at a time, in order. */
  render(postmortem: Printed, options: PdfOptions): Promise<Buffer>;
  close(): Promise<void>;
}

export function createPdfRenderer(): PdfRenderer {
  let worker: Worker | null = null;
  let idle: NodeJS.Timeout | undefined;
  let last: Promise<unknown> = Promise.resolve();

  async function end(): Promise<void> {
    const ending = worker;
    worker = null;
    await ending?.terminate();
  }

  async function print(postmortem: Printed, options: PdfOptions): Promise<Buffer> {
    clearTimeout(idle);
    worker ??= new Worker(new URL('./worker.ts', import.meta.url));
    worker.ref();
    const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
    const used = worker;
    const onMessage = ({ pdf, failure }: { pdf?: Uint8Array; failure?: string }) =>
      pdf ? resolve(Buffer.from(pdf)) : reject(new Error(`the PDF was not printed: ${failure}`));
    const onExit = () => reject(new Error('the PDF was not printed: its thread ended'));
    const timer = setTimeout(() => reject(new Error('the PDF was not printed in time')), LIMIT_MS);
    used.once('message', onMessage).once('error', reject).once('exit', onExit);
    try {
      used.postMessage({ postmortem, options });
      return await promise;
    } catch (error) {
      await end();
      throw error;
    } finally {
      clearTimeout(timer);
      used.off('message', onMessage).off('error', reject).off('exit', onExit);
      used.unref();
      idle = setTimeout(end, IDLE_MS).unref();
    }
  }

  return {
    render(postmortem, options) {
      const mine = last.then(() => print(postmortem, options));
      last = mine.catch(() => undefined);
      return mine;
    },
    async close() {
      clearTimeout(idle);
      await end();
    },
  };
}
