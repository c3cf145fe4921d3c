import { describe, expect, it } from 'vitest';
import {
  afterAnswer,
  afterFailure,
  afterFirstOutput,
  afterHealthCheck,
  CLOSED,
} from '../../../../src/backends/openai/failover/circuit.ts';
import type { Circuit } from '../../../../src/backends/openai/failover/circuit.ts';
import { covers } from '../../../support/covers.ts';

const NOW = 1_000_000;

type Step = (circuit: Circuit) => Circuit;

const fail: Step = (circuit) => afterFailure(circuit, NOW);
const limited =
  (seconds: number): Step =>
  (circuit) =>
    afterFailure(circuit, NOW, seconds);
const healthy: Step = (circuit) => afterHealthCheck(circuit, true, NOW);
const ill: Step = (circuit) => afterHealthCheck(circuit, false, NOW);

const after = (...steps: readonly Step[]): Circuit =>
  steps.reduce((circuit, step) => step(circuit), CLOSED);

describe('a circuit', () => {
  covers('R4.3-circuit', 'R4.3-health');

  it.each<[string, readonly Step[], Circuit['phase']]>([
    ['stays closed after single failures', [fail, fail], 'closed'],
    ['opens after three in a row', [fail, fail, fail], 'open'],
    ['counts anew after an answer', [fail, fail, afterAnswer, fail, fail], 'closed'],
    ['counts on after output alone', [fail, fail, afterFirstOutput, fail], 'open'],
    ['opens at once for a limit', [limited(7)], 'open'],
    ['is half open when it is healthy', [fail, fail, fail, healthy], 'half-open'],
    ['stays open when it is not', [fail, fail, fail, ill], 'open'],
    ['opens again by one failure', [fail, fail, fail, healthy, fail], 'open'],
    ['is closed by the first output', [fail, fail, fail, healthy, afterFirstOutput], 'closed'],
    ['is closed by an answer', [fail, fail, fail, healthy, afterAnswer], 'closed'],
    ['heeds no answer that began before', [fail, fail, fail, afterAnswer], 'open'],
    ['heeds no output that began before', [fail, fail, fail, afterFirstOutput], 'open'],
    ['is not looked at while closed', [fail, healthy], 'closed'],
  ])('%s', (_name, steps, phase) => {
    expect(after(...steps).phase).toBe(phase);
  });

  it.each<[string, readonly Step[], number]>([
    ['a second at first', [fail, fail, fail], 1_000],
    ['no longer for what was asked before', [fail, fail, fail, fail, fail], 1_000],
    ['two after a look in vain', [fail, fail, fail, ill], 2_000],
    ['four after another', [fail, fail, fail, ill, healthy, fail], 4_000],
    ['a minute at most', [fail, fail, fail, ...Array.from({ length: 20 }, () => ill)], 60_000],
    [
      'a second again after an answer',
      [fail, fail, fail, healthy, afterAnswer, fail, fail, fail],
      1_000,
    ],
    ['as long as a limit says', [limited(7)], 7_000],
    ['as long as the longest limit', [limited(7), limited(3)], 7_000],
    ['an hour at most', [limited(1e9)], 3_600_000],
  ])('pauses %s', (_name, steps, pause) => {
    expect(after(...steps).until - NOW).toBe(pause);
  });
});
