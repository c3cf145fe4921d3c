import { formatSize } from '../../units/size.ts';

/** Progress of a transfer in bytes. */
export interface Progress {
  readonly done: number;
  /** Undefined if unknown. */
  readonly total: number | undefined;
  /** Bytes per second; undefined if not measured yet. */
  readonly rate: number | undefined;
}

/** Formats progress like `45 %  8.4 GB of 18.6 GB  85 MB/s  2 min left`, without unknown parts. */
export function progressText({ done, total, rate }: Progress): string {
  const speed = rate === undefined ? [] : [`${formatSize(Math.round(rate))}/s`];
  if (total === undefined) return [formatSize(done), ...speed].join('  ');
  const left =
    rate === undefined || rate <= 0 || done >= total
      ? []
      : [`${formatDuration((total - done) / rate)} left`];
  const share = `${percent(done, total)} %`.padStart(5);
  return [share, `${formatSize(done)} of ${formatSize(total)}`, ...speed, ...left].join('  ');
}

/** Formats progress with a bar, shorter than the width of the terminal. */
export function progressBar(label: string, progress: Progress, columns: number): string {
  const text = `${label} ${progressText(progress)}`;
  const room = Math.min(columns - text.length - 4, 40);
  if (progress.total === undefined || room < 8) return text.slice(0, columns - 1);
  const filled = Math.round((room * percent(progress.done, progress.total)) / 100);
  return `${label} [${'#'.repeat(filled)}${'.'.repeat(room - filled)}] ${progressText(progress)}`;
}

/** Progress in whole percent, rounded down: 100 means complete. */
export function percent(done: number, total: number): number {
  return total === 0 ? 100 : Math.min(100, Math.floor((done * 100) / total));
}

/** Formats seconds as `45 s`, `12 min` or `3 h 05 min`. */
export function formatDuration(seconds: number): string {
  if (seconds < 90) return `${Math.max(1, Math.round(seconds))} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 90) return `${minutes} min`;
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')} min`;
}
