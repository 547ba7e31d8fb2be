/** A range of numbers: from `from` up to, and without, `to`. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

/** How many primes there are in a range. */
export default function primes({ from, to }: Range): number {
  let found = 0;
  for (let n = Math.max(from, 2); n < to; n++) if (isPrime(n)) found++;
  return found;
}

function isPrime(n: number): boolean {
  for (let divisor = 2; divisor * divisor <= n; divisor++) if (n % divisor === 0) return false;
  return true;
}
