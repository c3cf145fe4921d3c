import { join } from 'node:path';
import { MARK } from './definition.ts';
import type { ServiceDefinition, ServiceProcess } from './definition.ts';

const UNIT = 'portico.service';

/**
 * User unit of systemd.
 *
 * @param configFolder `$XDG_CONFIG_HOME`, or `~/.config`
 * @see https://www.freedesktop.org/software/systemd/man/latest/systemd.service.html
 */
export function systemdUnit(process: ServiceProcess, configFolder: string): ServiceDefinition {
  const variables = Object.entries(process.environment).map(
    ([name, value]) => `Environment=${quoted(`${name}=${value}`)}\n`,
  );
  return {
    file: join(configFolder, 'systemd/user', UNIT),
    text: `# ${MARK}
[Unit]
Description=Portico, a local server of AI model APIs
Documentation=https://github.com/portico-ai/portico

[Service]
ExecStart=${process.command.map(argument).join(' ')}
${variables.join('')}Restart=on-failure
RestartSec=2
KillMode=mixed

[Install]
WantedBy=default.target
`,
    manager: 'systemctl',
    start: [
      ['--user', 'daemon-reload'],
      ['--user', 'enable', UNIT],
      ['--user', 'restart', UNIT],
    ],
    stop: [['--user', 'disable', '--now', UNIT]],
    forget: [['--user', 'daemon-reload']],
    advice:
      'Its log: journalctl --user -u portico. It ends when you log out, unless you run: loginctl enable-linger',
  };
}

/** Argument of `ExecStart`, in which `$` would name a variable. */
function argument(text: string): string {
  return quoted(text.replaceAll('$', '$$$$'));
}

/** Text in which nothing has a meaning to systemd: `%` begins a specifier. */
function quoted(text: string): string {
  return `"${text.replaceAll(/["\\]/g, '\\$&').replaceAll('%', '%%').replaceAll('\n', '\\n')}"`;
}
