/** The version of the package. Written by scripts/sync-versions.mjs. */
export const VERSION: string = "1.0.0";
