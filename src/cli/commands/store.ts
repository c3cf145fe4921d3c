import { join } from 'node:path';
import { Argument } from 'commander';
import { RuntimeFailure } from '../../core/failure.ts';
import type { OpenStore, Store } from '../../store/store.ts';
import type { StoreKind, StoredUsage } from '../../store/kinds.ts';
import type { CliContext } from '../context.ts';
import type { Declare } from '../declaration.ts';
import { printJson, say } from '../ui/report.ts';
import { printTable } from '../ui/table.ts';

interface StoreFlags {
  readonly kind?: string;
  readonly olderThan?: string;
  readonly yes?: boolean;
  readonly json?: boolean;
}

/** Declares `portico store`, which shows and removes what clients have stored. */
export const declareStore: Declare = (program, context, exit) => {
  program
    .command('store')
    .description('show what clients have stored on the server, or remove it')
    .addArgument(new Argument('[action]', 'remove what the flags choose').choices(['clean']))
    .option('--kind <kind>', 'things of one kind only, such as files')
    .option('--older-than <time>', 'only what was stored before that time, such as 30d')
    .option('-y, --yes', 'ask nothing')
    .option('--json', 'as JSON')
    .action(async (action: 'clean' | undefined, flags: StoreFlags) => {
      await run(action, flags, context);
      exit.code = 0;
    });
};

async function run(
  action: 'clean' | undefined,
  flags: StoreFlags,
  context: CliContext,
): Promise<void> {
  const { resolvePaths } = await import('../../config/paths.ts');
  const { Store } = await import('../../store/store.ts');
  const folder = join(resolvePaths(context.environment).dataFolder, 'store');
  const store = new Store({ folder, mostBytes: 0, role: 'visitor' });
  try {
    const now = Date.now();
    const before = now - (await ageOf(flags)) + 1;
    const kinds = await kindsOf(flags);
    const usages = await usagesOf(store, kinds, before);
    if (action === 'clean') await clean(store, { kinds, usages, before, now }, flags, context);
    else if (flags.json === true) printJson({ store: folder, kinds: usages }, context);
    else await print(usages, context);
  } finally {
    await store.close();
  }
}

/** Least age in milliseconds of what the flags choose. */
async function ageOf({ olderThan }: StoreFlags): Promise<number> {
  const { readKeepAlive } = await import('../../config/sources.ts');
  const age =
    olderThan === undefined ? 0 : readKeepAlive({ name: '--older-than', text: olderThan });
  return age === 'always' ? Infinity : (age ?? 0);
}

type Kinds = readonly (readonly [string, StoreKind])[];

async function kindsOf({ kind }: StoreFlags): Promise<Kinds> {
  const { STORE_KINDS } = await import('../../store/kinds.ts');
  const kinds = Object.entries(STORE_KINDS);
  const chosen = kinds.filter(([name]) => kind === undefined || kind === name);
  if (chosen.length > 0) return chosen;
  const names = kinds.map(([name]) => name).join(', ');
  throw new RuntimeFailure('invalid-request', `--kind: '${kind}' is not stored; use ${names}`);
}

type Usages = readonly (StoredUsage & { readonly kind: string })[];

async function usagesOf(store: Store, kinds: Kinds, before: number): Promise<Usages> {
  const opened = await store.openIfPresent();
  if (opened === undefined) return [];
  return opened.database.read(async (statements) => {
    const usages = [];
    for (const [kind, { usage }] of kinds) {
      usages.push({ kind, ...(await usage(statements, before)) });
    }
    return usages.filter(({ count }) => count > 0);
  });
}

async function print(usages: Usages, context: CliContext): Promise<void> {
  if (usages.length === 0) return say('nothing is stored', context);
  const { formatSize } = await import('../../units/size.ts');
  const { formatDuration } = await import('../ui/progress-text.ts');
  const rows = usages.map(({ kind, count, bytes, oldest = new Date() }) => [
    kind,
    count.toLocaleString('en'),
    formatSize(bytes),
    `${formatDuration((Date.now() - oldest.getTime()) / 1000)} ago`,
  ]);
  printTable([['KIND', 'COUNT', 'SIZE', 'OLDEST'], ...rows], context);
}

interface Cleaning {
  readonly kinds: Kinds;
  readonly usages: Usages;
  readonly before: number;
  readonly now: number;
}

async function clean(
  store: Store,
  { kinds, usages, before, now }: Cleaning,
  flags: StoreFlags,
  context: CliContext,
): Promise<void> {
  if (usages.length === 0) return say('nothing to remove', context);
  const { agree } = await import('../ui/agree.ts');
  const { formatSize } = await import('../../units/size.ts');
  const bytes = formatSize(usages.reduce((sum, usage) => sum + usage.bytes, 0));
  const what = usages.map(({ kind, count }) => `${kind} (${count.toLocaleString('en')})`);
  await agree(`Remove ${what.join(', ')} of ${bytes}?`, flags, context);
  const opened: OpenStore = await store.open();
  for (const [kind, { removeOlder }] of kinds) {
    const count = await removeOlder(opened, before, now);
    say(`removed ${kind}: ${count.toLocaleString('en')}`, context);
  }
}
