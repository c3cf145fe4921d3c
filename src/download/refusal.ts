import { RuntimeFailure } from '../core/failure.ts';

/** Requested resource, as errors name it. */
export interface RequestedFile {
  readonly url: string;
  /** The repository's page on Hugging Face, where its terms are accepted. */
  readonly page?: string;
}

/** Returns true for a status that a retry may resolve: the server is busy or has a temporary failure. */
export function isTemporary(status: number): boolean {
  return status === 408 || status === 429 || status >= 500;
}

/** Converts a status other than 200 and 206 to a failure with a hint. */
export function refusal(status: number, asked: RequestedFile): RuntimeFailure {
  switch (status) {
    case 401:
    case 403:
      return new RuntimeFailure(
        'permission',
        `${asked.url} answers ${status}: ${permission(asked)}`,
      );
    case 404:
    case 410:
      return new RuntimeFailure(
        'resource-not-found',
        `${asked.url} answers ${status}: the file does not exist; check its name for typing errors`,
      );
    default:
      return new RuntimeFailure(
        'backend-failed',
        `${asked.url} answers ${status}; try again later, and check the address`,
      );
  }
}

function permission({ page }: RequestedFile): string {
  return page === undefined
    ? 'it sends the file to signed-in users only; download it in a browser, ' +
        'and name it with `file:` in models.yaml'
    : `the repository does not exist, or its terms must be accepted at ${page}; ` +
        'then set HF_TOKEN to a token of yours';
}
