import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PassThrough } from 'node:stream';
import { describe, expect, it, onTestFinished } from 'vitest';
import { installService, serviceOf } from '../../../src/cli/commands/service.ts';
import { launchdAgent } from '../../../src/cli/service/launchd.ts';
import { systemdUnit } from '../../../src/cli/service/systemd.ts';
import { REPOSITORY } from '../../support/server.ts';
import { runHere } from '../../support/command-line.ts';

/** Home of a user. The service manager on its PATH records its arguments, one call per line. */
async function makeUser(exitCode = 0) {
  const home = await mkdtemp(path.join(tmpdir(), 'portico-service-'));
  onTestFinished(() => rm(home, { recursive: true, force: true }));
  const calls = path.join(home, 'calls');
  const bin = path.join(home, 'bin');
  await mkdir(bin);
  for (const name of ['systemctl', 'launchctl']) {
    const script = `#!/bin/sh\necho ${name} "$@" >>'${calls}'\nexit ${exitCode}\n`;
    await writeFile(path.join(bin, name), script);
    await chmod(path.join(bin, name), 0o755);
  }
  return {
    home,
    environment: { HOME: home, PATH: bin },
    unit: path.join(home, '.config/systemd/user/portico.service'),
    calls: async () => (await readFile(calls, 'utf8').catch(() => '')).split('\n').slice(0, -1),
  };
}

describe.skipIf(process.platform !== 'linux')('portico service install', () => {
  it('shows the unit, writes it, and starts it', async () => {
    const { environment, unit, calls } = await makeUser();
    const variables = { ...environment, PORTICO_HOME: '/srv/portico' };
    const installed = await runHere(
      ['service', 'install', '-y', '--', '--port', '8080'],
      variables,
    );
    expect(installed).toMatchObject({ code: 0, stderr: '' });
    const text = await readFile(unit, 'utf8');
    const launcher = path.join(REPOSITORY, 'bin/portico.js');
    expect(text).toContain(
      `ExecStart="${process.execPath}" "${launcher}" "serve" "--port" "8080"\n`,
    );
    expect(text).toContain('Environment="PORTICO_HOME=/srv/portico"\n');
    expect(installed.stdout).toContain(`${unit}:\n\n${text}`);
    expect(installed.stdout).toContain('runs now, and starts at each login');
    expect(await calls()).toEqual([
      'systemctl --user daemon-reload',
      'systemctl --user enable portico.service',
      'systemctl --user restart portico.service',
    ]);
  });

  it('changes nothing without a terminal', async () => {
    const { environment, unit, calls } = await makeUser();
    const { code, stdout, stderr } = await runHere(['service', 'install'], environment);
    expect(code).toBe(1);
    expect(stdout).toContain('ExecStart=');
    expect(stderr).toContain('allow it with -y');
    await expect(readFile(unit)).rejects.toThrow('ENOENT');
    expect(await calls()).toEqual([]);
  });

  it.each([
    ['is missing', { PATH: '/nowhere' }, 0, 'systemctl is not on the PATH'],
    ['fails', {}, 1, 'Command failed: systemctl --user daemon-reload'],
  ])('reports how to start it if systemctl %s', async (_case, changes, exitCode, reason) => {
    const { environment, unit } = await makeUser(exitCode);
    const variables = { ...environment, ...changes };
    const { code, stderr } = await runHere(['service', 'install', '-y'], variables);
    expect(code).toBe(1);
    expect(stderr).toContain(reason);
    expect(stderr).toContain('start it with: systemctl --user daemon-reload && systemctl --user');
    expect(await readFile(unit, 'utf8')).toContain('ExecStart=');
  });

  it('does not overwrite a unit that it did not write', async () => {
    const { environment, unit } = await makeUser();
    await mkdir(path.dirname(unit), { recursive: true });
    await writeFile(unit, '[Service]\n');
    const { code, stderr } = await runHere(['service', 'install', '-y'], environment);
    expect(code).toBe(1);
    expect(stderr).toContain('was not written by `portico service install`; move it away first');
    expect(await readFile(unit, 'utf8')).toBe('[Service]\n');
  });
});

describe.skipIf(process.platform !== 'linux')('portico service uninstall', () => {
  it('shows what it removes, ends the service, and removes its unit', async () => {
    const { environment, unit, calls } = await makeUser();
    await runHere(['service', 'install', '-y'], environment);
    const removed = await runHere(['service', 'uninstall', '-y'], environment);
    expect(removed).toMatchObject({ code: 0, stderr: '' });
    expect(removed.stdout).toContain(`rm ${unit}`);
    await expect(readFile(unit)).rejects.toThrow('ENOENT');
    expect((await calls()).slice(3)).toEqual([
      'systemctl --user disable --now portico.service',
      'systemctl --user daemon-reload',
    ]);
  });

  it('does nothing if no service is installed', async () => {
    const { environment, calls } = await makeUser();
    const { code, stdout } = await runHere(['service', 'uninstall', '-y'], environment);
    expect(code).toBe(0);
    expect(stdout).toContain('no service is installed');
    expect(await calls()).toEqual([]);
  });
});

describe('a service', () => {
  it('is written and started by launchctl on macOS', async () => {
    const { environment, home, calls } = await makeUser();
    const streams = { stdout: new PassThrough(), stderr: new PassThrough() };
    const context = { ...streams, stdin: new PassThrough(), environment };
    const service = serviceOf(['--port', '8080'], context, 'darwin');
    expect(await installService(service, { yes: true }, context)).toBe(0);
    const file = path.join(home, 'Library/LaunchAgents/ai.portico.server.plist');
    expect(await readFile(file, 'utf8')).toContain('<string>--port</string>');
    expect(await calls()).toEqual([`launchctl bootstrap gui/${process.getuid?.() ?? 0} ${file}`]);
  });

  it('is refused on Windows, with the command to run', () => {
    const streams = { stdout: new PassThrough(), stderr: new PassThrough() };
    const context = { ...streams, stdin: new PassThrough(), environment: {} };
    expect(() => serviceOf([], context, 'win32')).toThrow(
      /service manager run: .*portico\.js serve/,
    );
  });

  const ODD = {
    command: ['/a b/node', '50%', '$HOME', 'say "\\"'],
    environment: { A: '%h & <$x>' },
  };

  it('keeps every argument unchanged in a unit', () => {
    const { text } = systemdUnit(ODD, '/config');
    expect(text).toContain(String.raw`ExecStart="/a b/node" "50%%" "$$HOME" "say \"\\\""`);
    expect(text).toContain('Environment="A=%%h & <$x>"');
  });

  it('keeps every argument unchanged in a plist', () => {
    const { text } = launchdAgent(ODD, '/home', 501);
    expect(text).toContain('<string>say "\\"</string>');
    expect(text).toContain('<key>A</key><string>%h &amp; &lt;$x&gt;</string>');
  });
});
