import { messageOf, RuntimeFailure } from '../core/failure.ts';
import { isRecord } from '../core/json.ts';

/** Failure of an upload that exceeds the limit of the store, or the disk. */
export function storageExceeded(reason: string): RuntimeFailure {
  return new RuntimeFailure(
    'invalid-request',
    `The file storage is full: ${reason}. Delete files to free up space, then retry the upload.`,
    { details: { error_code: 'storage_quota_exceeded' } },
  );
}

/** Failure of a store that another server uses. */
export function storeInUse(owner: string): RuntimeFailure {
  return new RuntimeFailure(
    'conflict',
    `The store in the data folder of this server is in use by another Portico server${owner}. ` +
      'Send the request to that server, stop one of the two, or set another PORTICO_HOME.',
  );
}

/** Reasons by the codes of the system and of SQLite, each with a hint. */
const REASONS: readonly (readonly [RegExp, string])[] = [
  [/^(EACCES|EPERM|EROFS|SQLITE_READONLY|SQLITE_CANTOPEN|SQLITE_PERM)/, 'check its permissions'],
  [/^(SQLITE_CORRUPT|SQLITE_NOTADB)/, 'it is damaged; move it away and try again'],
  [
    /^(MODULE_NOT_FOUND|ERR_MODULE_NOT_FOUND|ERR_DLOPEN_FAILED)$/,
    'reinstall Portico with libsql and its package for this platform',
  ],
  [/^(E[A-Z]+$|SQLITE_IOERR)/, 'check its folder and its disk'],
];

/** Converts an error of SQLite or of the file system to a failure that names the reason. */
export function storeFailure(error: unknown): unknown {
  if (error instanceof RuntimeFailure || !isRecord(error)) return error;
  const code = String(error['code']);
  if (/^(ENOSPC|EDQUOT|EFBIG|SQLITE_FULL)/.test(code)) {
    return storageExceeded(`the disk has no space left (${code})`);
  }
  if (code.startsWith('SQLITE_BUSY')) {
    return new RuntimeFailure('overloaded', 'Another process writes to the store. Try again.', {
      cause: error,
      retryAfterSeconds: 1,
    });
  }
  const reason = REASONS.find(([codes]) => codes.test(code));
  if (reason === undefined) return error;
  return new RuntimeFailure(
    'conflict',
    `The store in the data folder can't be used (${code}: ${messageOf(error)}): ${reason[1]}.`,
    { cause: error },
  );
}
