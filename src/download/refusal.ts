import { RuntimeFailure } from '../core/failure.ts';

/** What was asked for, as an error names it. */
export interface Asked {
  readonly url: string;
  /** The repository's page on Hugging Face, where its terms are accepted. */
  readonly page?: string;
}

/** Whether it is worth asking again: the server is busy, or has a bad moment. */
export function isTemporary(status: number): boolean {
  return status === 408 || status === 429 || status >= 500;
}

/** What a status other than 200 and 206 means, with the way out. */
export function refusal(status: number, asked: Asked): RuntimeFailure {
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
        `${asked.url} answers ${status}: there is no such file; check the name for typing errors`,
      );
    default:
      return new RuntimeFailure(
        'backend-failed',
        `${asked.url} answers ${status}; try again later, and check the address`,
      );
  }
}

function permission({ page }: Asked): string {
  return page === undefined
    ? 'it gives the file only to those who are signed in; download it in a browser, ' +
        'and name it with `file:` in models.yaml'
    : `the repository is not there, or it wants its terms accepted at ${page}; ` +
        'then set HF_TOKEN to a token of yours';
}
