import { deflateRawSync, gzipSync } from 'node:zlib';

/** Entry of an archive that a test writes. */
export interface WrittenEntry {
  readonly path: string;
  readonly content?: string;
  /** Target of a symbolic link. */
  readonly link?: string;
  readonly mode?: number;
  /** Type of a tar entry; default: a file, a folder or a link. */
  readonly type?: string;
}

/** Bytes of a `.tar.gz` file, with any paths. */
export function tarGz(entries: readonly WrittenEntry[]): Buffer {
  return gzipSync(Buffer.concat([...entries.map(tarEntry), Buffer.alloc(1024)]));
}

function tarEntry({ path, content = '', link = '', mode = 0o644, type }: WrittenEntry): Buffer {
  const header = Buffer.alloc(512);
  const octal = (value: number, length: number) => value.toString(8).padStart(length - 1, '0');
  const kind = type ?? typeOf(path, link);
  header.write(path, 0);
  header.write(octal(mode, 8), 100);
  header.write(octal(Buffer.byteLength(content), 12), 124);
  header.write(' '.repeat(8), 148);
  header.write(kind, 156);
  header.write(link, 157);
  header.write('ustar\u000000', 257);
  header.write(
    octal(
      header.reduce((sum, byte) => sum + byte, 0),
      7,
    ),
    148,
  );
  const bytes = Buffer.from(content);
  return Buffer.concat([header, bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512)]);
}

function typeOf(path: string, link: string): string {
  if (link !== '') return '2';
  return path.endsWith('/') ? '5' : '0';
}

/** Bytes of a `.zip` file, with any paths; contents are deflated. */
export function zip(entries: readonly WrittenEntry[]): Buffer {
  const locals: Buffer[] = [];
  const records: Buffer[] = [];
  let offset = 0;
  for (const { path, content = '', mode = 0o644 } of entries) {
    const name = Buffer.from(path);
    const packed = deflateRawSync(content);
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt16LE(name.length, 26);
    const record = Buffer.alloc(46);
    record.writeUInt32LE(0x02014b50, 0);
    record.writeUInt16LE(8, 10);
    record.writeUInt32LE(packed.length, 20);
    record.writeUInt16LE(name.length, 28);
    record.writeUInt32LE(((0o100000 | mode) << 16) >>> 0, 38);
    record.writeUInt32LE(offset, 42);
    locals.push(local, name, packed);
    records.push(record, name);
    offset += local.length + name.length + packed.length;
  }
  const list = Buffer.concat(records);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(list.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...locals, list, end]);
}
