/**
 * What cannot be tried at all: the configuration is at fault, not the target. `code` is stable, `publicMessage` is
 * for the owner of the monitor (no secrets), `path` names the field of the monitor (`url`, `auth`, `headers.x-key`).
 */
export class CannotProbe extends Error {
  readonly code: CannotProbeCode;
  readonly publicMessage: string;
  readonly path: string;

  constructor(code: CannotProbeCode, path: string, publicMessage: string, options?: ErrorOptions) {
    super(publicMessage, options);
    this.name = 'CannotProbe';
    this.code = code;
    this.path = path;
    this.publicMessage = publicMessage;
  }
}

/** target-refused: policy forbids the address. invalid-request: not sendable. secret-unreadable: sealed with another key. */
export type CannotProbeCode = 'target-refused' | 'invalid-request' | 'secret-unreadable';
