import { RuntimeFailure } from '../../core/failure.ts';

/** Entry of an archive. Its content must be read before the next entry is requested. */
export interface ArchiveEntry {
  readonly path: string;
  readonly kind: 'file' | 'folder' | 'link';
  readonly isProgram: boolean;
  /** Target of a link. */
  readonly target?: string;
  readonly content: AsyncIterable<Uint8Array>;
}

/** Failure of an archive that can't be unpacked. */
export function damaged(archive: string, reason: string): RuntimeFailure {
  return new RuntimeFailure(
    'backend-failed',
    `${archive} can't be unpacked: it ${reason}; it was deleted, try again`,
  );
}
