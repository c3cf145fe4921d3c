import { createServer } from 'node:http';
import type { RequestListener } from 'node:http';
import { describe, expect, it, onTestFinished } from 'vitest';
import { listFiles } from '../../src/download/hub.ts';
import { covers } from '../support/covers.ts';

/** Lists the files of a repository on a hub that answers as it likes. */
async function list(answer: RequestListener): Promise<readonly unknown[]> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  const hub = { endpoint: `http://127.0.0.1:${port}`, access: undefined };
  return listFiles(hub, 'user/model', AbortSignal.timeout(30_000));
}

const FILE = { type: 'file', path: 'a.gguf', size: 1 };

function listing(next?: string): RequestListener {
  return (_request, response) => {
    if (next !== undefined) response.setHeader('link', `<${next}>; rel="next"`);
    response.end(JSON.stringify([FILE]));
  };
}

describe('the listing of a repository', () => {
  covers('R12.1-listing');

  it('is read once if its pages lead in a circle', async () => {
    await expect(list(listing('?page=2'))).rejects.toThrow('the list of files does not end');
  });

  it('is read once if its pages differ by a fragment only', async () => {
    let pages = 0;
    const endless = list((request, response) => {
      pages += 1;
      listing(`${request.url}#${pages}`)(request, response);
    });
    await expect(endless).rejects.toThrow('the list of files does not end');
    expect(pages).toBe(1);
  });

  it.each(['http://[', 'file:///etc/passwd'])('does not continue at %s', async (next) => {
    await expect(list(listing(next))).rejects.toThrow(
      `continues at '${next}', which is no address`,
    );
  });

  it('is not read beyond a number of files', async () => {
    const page = JSON.stringify(Array.from({ length: 60_000 }, () => FILE));
    const endless = list((request, response) => {
      response.setHeader('link', `<${request.url}1>; rel="next"`).end(page);
    });
    await expect(endless).rejects.toThrow('user/model has more than 100000 files');
  });

  it('reports a refusal that has a long text', async () => {
    const refused = list((_request, response) => {
      response.writeHead(401).end('x'.repeat(5_000_000));
    });
    await expect(refused).rejects.toThrow('HF_TOKEN');
  });

  it('ends after a number of pages', async () => {
    let pages = 0;
    const endless = list((request, response) => {
      pages += 1;
      listing(`?page=${pages}`)(request, response);
    });
    await expect(endless).rejects.toThrow('follows 100 pages');
    expect(pages).toBe(100);
  });

  it('is not read beyond a number of bytes', async () => {
    let bytes = 0;
    const endless = list((_request, response) => {
      const piece = Buffer.alloc(64 * 1024, ' ');
      const send = (): void => {
        do bytes += piece.length;
        while (response.write(piece));
      };
      response.on('drain', send);
      send();
    });
    await expect(endless).rejects.toThrow('the server sent over 4194304 bytes');
    expect(bytes).toBeLessThan(64 * 1024 * 1024);
  });
});
