/** What of a signal may be broken that is of another make than the runtime's. */
export type Broken = "reason" | "addEventListener" | "removeEventListener";

/** A signal of which that throws. */
export function brokenSignal(name: Broken): AbortSignal {
  const { signal } = new AbortController();
  const broken = (): never => {
    throw new Error(`broken ${name}`);
  };
  return Object.defineProperty(signal, name, name === "reason" ? { get: broken } : { value: broken });
}
