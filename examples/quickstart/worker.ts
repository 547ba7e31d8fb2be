/** Counts to `turns`, which keeps a core busy for a while. */
export default function loop({ turns }: { turns: number }): string {
  for (let i = 0; i < turns; i++);
  return "complete";
}
