import { join } from 'node:path';
import { MARK } from './definition.ts';
import type { ServiceDefinition, ServiceProcess } from './definition.ts';

const LABEL = 'ai.portico.server';

/** Time for running requests to end, and for evaluated prompts to be written; systemd's default is longer. */
const STOP_SECONDS = 75;

/**
 * Agent of launchd, for the session of one user.
 *
 * @param uid the user's number
 * @see `man launchd.plist`
 */
export function launchdAgent(
  process: ServiceProcess,
  homeFolder: string,
  uid: number,
): ServiceDefinition {
  const file = join(homeFolder, 'Library/LaunchAgents', `${LABEL}.plist`);
  const log = join(homeFolder, 'Library/Logs/portico.log');
  const variables = Object.entries(process.environment).map(
    ([name, value]) => `<key>${escaped(name)}</key>${string(value)}`,
  );
  const domain = `gui/${uid}`;
  return {
    file,
    text: `<?xml version="1.0" encoding="UTF-8"?>
<!-- ${MARK} -->
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
  <key>Label</key>${string(LABEL)}
  <key>ProgramArguments</key>
  <array>
${process.command.map((text) => `    ${string(text)}\n`).join('')}  </array>
  <key>EnvironmentVariables</key><dict>${variables.join('')}</dict>
  <key>RunAtLoad</key><true/>
  <key>ExitTimeOut</key><integer>${STOP_SECONDS}</integer>
  <key>KeepAlive</key><dict><key>SuccessfulExit</key><false/></dict>
  <key>StandardOutPath</key>${string(log)}
  <key>StandardErrorPath</key>${string(log)}
</dict>
</plist>
`,
    manager: 'launchctl',
    start: [['bootstrap', domain, file]],
    stop: [['bootout', `${domain}/${LABEL}`]],
    forget: [],
    advice: `Its log: ${log}`,
  };
}

function string(text: string): string {
  return `<string>${escaped(text)}</string>`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
