/** An agent of the Claude Agent SDK that works in a folder, on a local model. */
import { query } from '@anthropic-ai/claude-agent-sdk';

const model = process.env['MODEL'] ?? 'mini';

const messages = query({
  prompt: process.argv[2] ?? 'List the files of this folder.',
  options: {
    model,
    cwd: process.cwd(),
    allowedTools: ['Read', 'Glob', 'Grep'],
    // Settings of your own Claude Code, such as its models, stay out.
    settingSources: [],
    env: {
      ...process.env,
      ANTHROPIC_BASE_URL: process.env['ANTHROPIC_BASE_URL'] ?? 'http://127.0.0.1:11435',
      ANTHROPIC_AUTH_TOKEN: 'portico',
      // Titles and other side requests go to the same model.
      ANTHROPIC_DEFAULT_HAIKU_MODEL: model,
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
    },
    // The SDK brings Claude Code; this names another one.
    ...(process.env['CLAUDE_CODE'] && { pathToClaudeCodeExecutable: process.env['CLAUDE_CODE'] }),
  },
});

for await (const message of messages) {
  if (message.type === 'result') console.log(message.result ?? message.subtype);
}
