import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { brotliCompressSync, brotliDecompressSync, constants } from "node:zlib";

/** One file to compress. The worker gets its path, not its bytes: it can read the file as well as the main thread can. */
export interface Order {
  readonly path: string;
  /** Brotli quality, 0 to 11. */
  readonly quality: number;
  /** Where the compressed file goes; null to only measure. */
  readonly target: string | null;
}

/** The size of a file, in bytes. */
export interface Sizes {
  readonly before: number;
  readonly after: number;
}

/** Compresses one file, and checks that it can be had back. */
export default function compress({ path, quality, target }: Order): Sizes {
  const text = readFileSync(path);
  const packed = brotliCompressSync(text, {
    params: {
      [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT,
      [constants.BROTLI_PARAM_QUALITY]: quality,
      [constants.BROTLI_PARAM_SIZE_HINT]: text.length,
    },
  });
  if (!brotliDecompressSync(packed).equals(text)) {
    throw new Error("the compressed file does not give the original back");
  }
  if (target !== null) write(target, packed);
  return { before: text.length, after: packed.length };
}

/** Under its name there is only ever a whole file, even if this worker is ended while it writes. */
function write(target: string, bytes: Uint8Array): void {
  const part = `${target}.part`;
  mkdirSync(dirname(target), { recursive: true });
  try {
    writeFileSync(part, bytes);
    renameSync(part, target);
  } catch (error) {
    rmSync(part, { force: true });
    throw error;
  }
}
