import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { z } from 'zod';

/** A real MCP server with some tools. `hooks` lets a test see its calls. */
export function createToolServer(hooks = {}) {
  const server = new McpServer({ name: 'desk', version: '1.0.0' });
  const text = (value) => ({ content: [{ type: 'text', text: value }] });
  server.registerTool(
    'add',
    { description: 'Adds two numbers.', inputSchema: { a: z.number(), b: z.number() } },
    ({ a, b }) => text(String(a + b)),
  );
  server.registerTool('fail', { description: 'Fails.' }, () => ({
    ...text('It is broken.'),
    isError: true,
  }));
  server.registerTool('flood', { description: 'Says much.' }, () => text('x'.repeat(2_000_000)));
  server.registerTool('pid', { description: 'Id of its process.' }, () =>
    text(String(process.pid)),
  );
  server.registerTool('variable', { description: 'Reads a variable.' }, () =>
    text(String(process.env.MCP_TEST)),
  );
  server.registerTool('wait', { description: 'Never ends.' }, (extra) => {
    hooks.waiting?.();
    return new Promise((resolve) => {
      extra.signal.addEventListener('abort', () => {
        hooks.cancelled?.();
        resolve(text('stopped'));
      });
    });
  });
  return server;
}
