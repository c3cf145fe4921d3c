import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import { describe, expect, it } from 'vitest';
import { isPublicAddress } from '../../src/net/addresses.ts';
import { downloadPicture } from '../../src/images/download.ts';
import { resolveHost } from '../../src/net/public-fetch.ts';
import type { ContactRules } from '../../src/net/public-fetch.ts';
import { servePictures } from '../support/pictures.ts';
import { covers } from '../support/covers.ts';

/** Rules that allow only the test's own server. */
const ALLOWED: ContactRules = {
  mayContact: (address) => address === '127.0.0.1',
  resolve: resolveHost,
  timeoutMs: 30_000,
};
const DEFAULT: ContactRules = { ...ALLOWED, mayContact: isPublicAddress };

const patient = AbortSignal.timeout(60_000);

const get = (url: string, rules: Partial<ContactRules> = {}, signal = patient) =>
  downloadPicture(url, { ...ALLOWED, ...rules }, signal);

const refused = (reason: string | RegExp) => ({
  code: 'invalid-request',
  message: expect.stringMatching(reason) as string,
});

const redirectTo =
  (location: string): RequestListener =>
  (_request, response) =>
    response.writeHead(302, { location }).end('elsewhere');

/** Server that must not be contacted. Returns its port and the requests that it received. */
async function forbidden(): Promise<{ port: string; reached: string[] }> {
  const reached: string[] = [];
  const url = await servePictures(({ url: path }, response) => {
    reached.push(path ?? '');
    response.end('secret');
  });
  return { port: new URL(url).port, reached };
}

describe('the download of a URL', () => {
  covers('R4.5-url');

  it.each([
    ['https://user:secret@127.0.0.1/', 'https:…'],
    ['data:image/png;base64,', 'data:…'],
    ['', '…'],
  ])('reads no URL of megabytes that begins with %j', async (start, shown) => {
    await expect(get(start + 'A'.repeat(20_000))).rejects.toMatchObject(
      refused(`Unable to download the file ${shown}: it has more than 16384 characters.`),
    );
  });

  it('sends no data of the client', async () => {
    const seen: unknown[] = [];
    const url = await servePictures(({ method, headers }, response) => {
      seen.push({ method, ...headers });
      response.end('bytes');
    });
    expect(Buffer.from(await get(`${url}/a.png`)).toString()).toBe('bytes');
    expect(seen).toEqual([
      {
        method: 'GET',
        host: new URL(url).host,
        connection: expect.any(String) as string,
        accept: 'image/png, image/jpeg, image/gif, image/webp',
        'accept-encoding': 'identity',
        'user-agent': 'portico',
      },
    ]);
  });

  it.each([301, 302, 303, 307, 308])('follows a redirect with status %d', async (status) => {
    const url = await servePictures(({ url: path }, response) => {
      if (path === '/new.png') response.end('bytes');
      else response.writeHead(status, { location: 'new.png' }).end();
    });
    expect(Buffer.from(await get(`${url}/old.png`)).toString()).toBe('bytes');
  });

  it.each([
    ['it is not a valid URL', 'picture.png'],
    ['only http and https', 'file:///etc/passwd'],
    ['only http and https', 'data:image/png;base64,AAAA'],
    ['only http and https', 'ftp://example.com/a.png'],
    ['must not carry a name or a password', 'http://me:secret@example.com/a.png'],
    ['must not carry a name or a password', 'http://me@example.com/a.png'],
  ])('is refused before any request: %s', async (reason, url) => {
    const resolve = () => expect.unreachable('it was resolved') as Promise<string[]>;
    const failure = get(url, { resolve, mayContact: () => true });
    await expect(failure).rejects.toMatchObject(refused(reason));
    await expect(failure).rejects.toThrow(/Send the picture as base64/);
    await expect(failure).rejects.not.toThrow(/secret/);
  });

  it.each([
    'http://metadata.google.internal/computeMetadata/v1/',
    'http://METADATA.google.internal./',
    'http://metadata.goog/',
    'http://metadata/',
    'http://instance-data/latest/meta-data/',
  ])('is refused before its host is resolved for the metadata service %s', async (url) => {
    const resolve = () => expect.unreachable('it was resolved') as Promise<string[]>;
    const failure = get(url, { resolve, mayContact: () => true });
    await expect(failure).rejects.toMatchObject(refused('is the metadata service of a cloud'));
  });

  it('reports the URL without its query and up to a length', async () => {
    const url = await servePictures((_request, response) => response.writeHead(404).end());
    await expect(get(`${url}/${'a'.repeat(300)}?token=secret`)).rejects.toMatchObject(
      refused(
        /^Unable to download the file http:\/\/127\.0\.0\.1:\d+\/a+…: its server answered 404/,
      ),
    );
    await expect(get(`${url}/?token=secret`)).rejects.not.toThrow(/secret/);
  });
});

describe('a forbidden address', () => {
  covers('R4.5-private');

  it.each([
    'http://127.0.0.1',
    'http://127.1',
    'http://2130706433',
    'http://0x7f000001',
    'http://0177.0.0.1',
    'http://0.0.0.0',
    'http://[::1]',
    'http://[::ffff:127.0.0.1]',
    'http://[64:ff9b::7f00:1]',
    'http://localhost',
  ])('is not contacted by default: this machine as %s', async (base) => {
    const { port, reached } = await forbidden();
    await expect(get(`${base}:${port}/a.png`, DEFAULT)).rejects.toMatchObject(
      refused(/(is not a public address|leads to an address that is not public), and only public/),
    );
    expect(reached).toEqual([]);
  });

  it.each([
    'http://169.254.169.254/latest/meta-data/',
    'http://10.0.0.1/a.png',
    'http://192.168.0.1/a.png',
    'http://172.16.0.1/a.png',
    'http://100.64.0.1/a.png',
    'http://[fc00::1]/a.png',
    'http://[fe80::1]/a.png',
    'https://[fd00:ec2::254]/a.png',
  ])('is not contacted by default: %s', async (url) => {
    await expect(get(url, DEFAULT)).rejects.toMatchObject(refused('is not a public address'));
  });

  it.each([
    ['alone', ['10.0.0.1']],
    ['next to a public one', ['8.8.8.8', '10.0.0.1']],
    ['through NAT64', ['64:ff9b::a00:1']],
  ])('is not contacted by a host with a private address %s', async (_how, addresses) => {
    const failure = get('http://pictures.test/a.png', {
      ...DEFAULT,
      resolve: async () => addresses,
    });
    await expect(failure).rejects.toMatchObject(
      refused('pictures.test leads to an address that is not public'),
    );
    await expect(failure).rejects.not.toThrow(/10\.0\.0\.1/);
  });

  it.each(['127.0.0.2', 'inside.test', '[::1]'])(
    'is not contacted by a redirect of an allowed address: %s',
    async (host) => {
      const { port, reached } = await forbidden();
      const url = await servePictures(redirectTo(`http://${host}:${port}/a.png`));
      const resolve = async (name: string) => [name === 'outside.test' ? '127.0.0.1' : '127.0.0.2'];
      const outside = url.replace('127.0.0.1', 'outside.test');
      await expect(get(outside, { resolve })).rejects.toMatchObject(refused('and only public'));
      expect(reached).toEqual([]);
    },
  );

  it.each(['file:///etc/passwd', 'http://me:secret@127.0.0.1/'])(
    'is not contacted by a redirect to an invalid URL: %s',
    async (location) => {
      const url = await servePictures(redirectTo(location));
      await expect(get(url)).rejects.toMatchObject(refused('Unable to download'));
    },
  );

  it('is not contacted by a host that resolves to another address the second time', async () => {
    const asked: string[] = [];
    const url = await servePictures(({ headers }, response) => response.end(headers.host));
    const { port } = new URL(url);
    // A second lookup would return an address without a listener.
    const resolve = async (host: string) => [asked.push(host) === 1 ? '127.0.0.1' : '127.0.0.9'];
    const bytes = await get(`http://rebinding.test:${port}/a.png`, { resolve });
    expect(Buffer.from(bytes).toString()).toBe(`rebinding.test:${port}`);
    expect(asked).toEqual(['rebinding.test']);
  });
});

describe('a server of pictures', () => {
  covers('R4.5-url-limits');

  it('is left after 5 redirects', async () => {
    let hops = 0;
    const url = await servePictures((_request, response) => {
      hops += 1;
      response.writeHead(302, { location: `/${hops}` }).end();
    });
    await expect(get(url)).rejects.toMatchObject(refused('it redirects more than 5 times'));
    expect(hops).toBe(6);
  });

  it('is not read if it announces too many bytes', async () => {
    const url = await servePictures((_request, response) => {
      response.writeHead(200, { 'content-length': 6_000_000 }).write('x');
    });
    await expect(get(url)).rejects.toMatchObject(
      refused('^image exceeds 5 MB maximum: 6000000 bytes > 5242880 bytes$'),
    );
  });

  it('is left at the limit if it sends without end', async () => {
    const piece = Buffer.alloc(65_536);
    const url = await servePictures((_request, response) => {
      const more = (): void => {
        while (!response.destroyed && response.write(piece));
      };
      response.on('drain', more);
      more();
    });
    await expect(get(url)).rejects.toMatchObject(refused('^image exceeds 5 MB maximum'));
  });

  it('is left after the timeout if it never answers or never ends', async () => {
    const silent = await servePictures(() => undefined);
    const slow = await servePictures((_request, response) => response.write('GIF89a'));
    for (const url of [silent, slow]) {
      await expect(get(url, { timeoutMs: 300 })).rejects.toMatchObject(
        refused('it took longer than 0.3 s'),
      );
    }
  });

  it('is left after the timeout if its host is never resolved', async () => {
    const resolve = () => new Promise<never>(() => undefined);
    await expect(get('http://slow.test/', { resolve, timeoutMs: 300 })).rejects.toMatchObject(
      refused('it took longer than 0.3 s'),
    );
  });

  it('is reported if it is unreachable, breaks off or has an unknown host', async () => {
    const broken = await servePictures((_request, response) => {
      response.writeHead(200, { 'content-length': 100 }).write('GIF89a');
      setTimeout(() => response.destroy(), 20);
    });
    await expect(get('http://127.0.0.1:9/a.png')).rejects.toMatchObject(refused('ECONNREFUSED'));
    await expect(get(broken)).rejects.toMatchObject(refused('its server does not answer'));
    await expect(get('http://no-such-host.invalid/a.png')).rejects.toMatchObject(
      refused("its host no-such-host.invalid can't be found"),
    );
  });

  it('is left at once if the client disconnects', async () => {
    const controller = new AbortController();
    const left: Promise<unknown>[] = [];
    const url = await servePictures((request) => {
      left.push(once(request.socket, 'close'));
      controller.abort();
    });
    await expect(get(url, {}, controller.signal)).rejects.toMatchObject({ code: 'cancelled' });
    expect(left).toHaveLength(1);
    await left[0];
  });
});
