// Formats numbers and durations for display.
const integer = new Intl.NumberFormat('en');
const threeDigits = new Intl.NumberFormat('en', { maximumSignificantDigits: 3 });

export const count = value => integer.format(value);
export const measure = value => (value === null || value === undefined ? '–' : threeDigits.format(value));
const percentage = new Intl.NumberFormat('en', { style: 'percent', maximumFractionDigits: 1 });

/** A fraction from 0 to 1 as "12.3%". */
export const percent = value => percentage.format(value);

/** Bytes as "1.2 MB". */
export const bytes = value => (value < 1e6 ? `${count(Math.ceil(value / 1000))} kB` : value < 1e9 ? `${measure(value / 1e6)} MB` : `${measure(value / 1e9)} GB`);

/** Seconds as "4 min" or "2 h 10 min". */
export function duration(seconds) {
  if (seconds === null || seconds === undefined) return '–';
  if (seconds < 90) return `${Math.max(1, Math.round(seconds))} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 90 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** "3 pictures", "1 picture". */
export const plural = (value, one, many = `${one}s`) => `${count(value)} ${value === 1 ? one : many}`;
