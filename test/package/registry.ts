/**
 * An npm and a JSR registry on loopback that have this package, what it imports from npm, and nothing else.
 */

import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { basename, join } from "node:path";
import { deno as denoFile, npm, root } from "../../scripts/bin.mjs";
import { succeeds } from "./command.ts";
import { freshHome } from "./folder.ts";

export interface Registry {
  /** For `npm_config_registry`. */
  readonly npm: string;
  /** For `JSR_URL`. */
  readonly jsr: string;
  /** Host and port. */
  readonly host: string;
  close(): Promise<void>;
}

/** Package managers may refuse what is only days old. */
const LONG_AGO = "2020-01-01T00:00:00.000Z";

/** What a server has, by path. */
type Contents = Map<string, { readonly type: string; readonly body: string | Uint8Array }>;

/**
 * @param tarball Path of what `npm pack` made.
 * @param home A folder for caches.
 */
export async function startRegistry(tarball: string, home: string): Promise<Registry> {
  const contents: Contents = new Map();
  const server = createServer((request, response) => {
    const found = contents.get(decodeURIComponent((request.url ?? "").split("?", 1)[0] as string));
    response.writeHead(found ? 200 : 404, { "content-type": found?.type ?? "text/plain" });
    response.end(found?.body ?? "not found");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const registry = { npm: `http://${host}/npm/`, jsr: `http://${host}/jsr/`, host, close: () => closed(server) };
  try {
    addToNpm(contents, registry.npm, { folder: root, archive: readFileSync(tarball) });
    for (const made of await packed(Object.keys(imports()), home)) addToNpm(contents, registry.npm, made);
    await addToJsr(contents, registry.npm, home);
  } catch (error) {
    await registry.close();
    throw error;
  }
  return registry;
}

function closed(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}

/** A package, and what npm makes of it. */
interface Packed {
  readonly folder: string;
  readonly archive: Uint8Array;
}

function addToNpm(contents: Contents, base: string, { folder, archive }: Packed): void {
  const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const { name, version, devDependencies: _, scripts: __, ...rest } = manifest;
  const dist = {
    tarball: `${base}${name}/-/${basename(name)}-${version}.tgz`,
    integrity: `sha512-${createHash("sha512").update(archive).digest("base64")}`,
    shasum: createHash("sha1").update(archive).digest("hex"),
  };
  const body = JSON.stringify({
    name,
    "dist-tags": { latest: version },
    time: { created: LONG_AGO, modified: LONG_AGO, [version]: LONG_AGO },
    versions: { [version]: { name, version, ...rest, dist } },
  });
  contents.set(`/npm/${name}`, { type: "application/json", body });
  contents.set(new URL(dist.tarball).pathname, { type: "application/octet-stream", body: archive });
}

/** What JSR's package imports from npm, by the names in its code. */
function imports(): Record<string, string> {
  return JSON.parse(readFileSync(join(root, "deno.json"), "utf8")).imports;
}

/** Packages that are installed here, and all that they need. */
async function packed(names: readonly string[], home: string): Promise<Packed[]> {
  const folders = [...new Set(names.flatMap((name) => withDependencies(join(root, "node_modules", name))))];
  const destination = mkdtempSync(join(home, "packed-"));
  const command = [...npm(), "pack", ...folders, "--ignore-scripts", "--json", "--pack-destination", destination];
  const { stdout } = await succeeds(command, { cwd: root, env: freshHome(home), timeout: 60_000 });
  const made = JSON.parse(stdout) as { name: string; version: string; filename: string }[];
  return folders.map((folder) => {
    const { name, version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    const filename = made.find((one) => one.name === name && one.version === version)?.filename as string;
    return { folder, archive: readFileSync(join(destination, filename)) };
  });
}

/** The folder of a package, and those of its dependencies. */
function withDependencies(folder: string): string[] {
  const { dependencies = {} } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const found = Object.keys(dependencies).map((name) => {
    const nested = join(folder, "node_modules", name);
    return existsSync(nested) ? nested : join(root, "node_modules", name);
  });
  return [folder, ...found.flatMap(withDependencies)];
}

async function addToJsr(contents: Contents, npmRegistry: string, home: string): Promise<void> {
  const { name, version, exports } = JSON.parse(readFileSync(join(root, "deno.json"), "utf8"));
  const [scope, unscoped] = name.slice(1).split("/");
  const manifest: Record<string, { size: number; checksum: string }> = {};
  for (const file of await publishedFiles(home, npmRegistry)) {
    const body = published(file);
    manifest[`/${file}`] = { size: body.length, checksum: `sha256-${createHash("sha256").update(body).digest("hex")}` };
    contents.set(`/jsr/${name}/${version}/${file}`, {
      type: file.endsWith(".ts") ? "text/typescript" : "text/plain",
      body,
    });
  }
  const versions = { [version]: { createdAt: LONG_AGO } };
  const meta = JSON.stringify({ scope, name: unscoped, latest: version, versions });
  contents.set(`/jsr/${name}/meta.json`, { type: "application/json", body: meta });
  contents.set(`/jsr/${name}/${version}_meta.json`, {
    type: "application/json",
    body: JSON.stringify({ manifest, exports }),
  });
}

/** The content of a file as `deno publish` uploads it: what it imports by names of the import map has its whole address. */
function published(file: string): Uint8Array {
  let text = readFileSync(join(root, file), "utf8");
  for (const [name, address] of Object.entries(imports())) {
    text = text.replaceAll(`from "${name}"`, `from "${address}"`);
  }
  return Buffer.from(text);
}

/** The files that `deno publish` would upload, relative to the root. */
async function publishedFiles(folder: string, npmRegistry: string): Promise<string[]> {
  const command = [denoFile, "publish", "--dry-run", "--allow-dirty", "--no-check"];
  const { stdout, stderr } = await succeeds(command, {
    cwd: root,
    env: { ...freshHome(folder), DENO_NO_PACKAGE_JSON: "1", NPM_CONFIG_REGISTRY: npmRegistry },
  });
  const urls = [...`${stdout}\n${stderr}`.matchAll(/^\s+(file:\/\/\S+) \(/gm)].map((match) => match[1] as string);
  const base = new URL("../../", import.meta.url).href;
  return urls.map((url) => url.slice(base.length));
}
