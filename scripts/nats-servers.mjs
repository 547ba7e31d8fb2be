// Fetches the NATS servers that the tests run against, into .runtimes/nats/: the oldest version that will do, and a newer one.
//
//   node scripts/nats-servers.mjs
//
// They are Debian's packages, of two of its releases, whichever of them this system is: downloaded by apt-get from the mirror that it is
// set up with, checked by it, and unpacked. Nothing is installed, and lists and packages go to a temporary folder.
import { spawnSync } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import process from "node:process";
import { root } from "./bin.mjs";

/** Debian's releases, by the version of the server in them. */
const RELEASES = { "2.9": "bookworm", "2.10": "trixie" };

/** The versions that there are. */
export const VERSIONS = Object.keys(RELEASES);

/** The path of a server's program. @param {string} version */
export const serverOf = (version) => join(root, ".runtimes/nats", version, "nats-server");

/** Fetches those that are not there. Throws an error that says what is missing. */
export function fetchServers() {
  for (const version of VERSIONS) if (!existsSync(serverOf(version))) fetchServer(version);
}

/** @param {string} version */
function fetchServer(version) {
  const folder = mkdtempSync(join(tmpdir(), "compute-cluster-nats-"));
  try {
    const options = aptOptions(folder, RELEASES[version]);
    run("apt-get", [...options, "--quiet", "update"], folder);
    run("apt-get", [...options, "--quiet", "download", "nats-server"], folder);
    const archive = readdirSync(folder).find((name) => name.endsWith(".deb"));
    if (archive === undefined) throw new Error("apt-get has downloaded no package");
    run("dpkg", ["-x", archive, "unpacked"], folder);
    mkdirSync(dirname(serverOf(version)), { recursive: true });
    // By another name first: somebody else may fetch it at the same time, or start it.
    const copy = `${serverOf(version)}.${process.pid}`;
    copyFileSync(join(folder, "unpacked/usr/sbin/nats-server"), copy);
    renameSync(copy, serverOf(version));
  } catch (cause) {
    throw new Error(
      `NATS ${version} can't be fetched (${cause.message}); put its program at ${serverOf(version)} yourself`,
      { cause },
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * A system of its own for apt-get, which knows one release only.
 *
 * @param {string} folder
 * @param {string} release
 */
function aptOptions(folder, release) {
  const sites = run("apt-get", ["indextargets", "--format", "$(SITE)", "Created-By: Packages"], folder).split("\n");
  const site = sites.find((line) => /\/debian\/?$/.test(line));
  if (site === undefined) throw new Error("apt-get knows no mirror of Debian");
  mkdirSync(join(folder, "lists/partial"), { recursive: true });
  mkdirSync(join(folder, "cache/archives/partial"), { recursive: true });
  writeFileSync(join(folder, "sources.list"), `deb ${site} ${release} main\n`);
  const settings = {
    "Dir::Etc::sourcelist": join(folder, "sources.list"),
    "Dir::Etc::sourceparts": "-",
    "Dir::State::lists": join(folder, "lists"),
    "Dir::Cache": join(folder, "cache"),
    "APT::Sandbox::User": "root",
  };
  return Object.entries(settings).flatMap(([name, value]) => ["-o", `${name}=${value}`]);
}

/**
 * @param {string} command
 * @param {string[]} args
 * @param {string} cwd
 */
function run(command, args, cwd) {
  const { error, status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: "utf8", timeout: 300_000 });
  if (error) throw error;
  if (status !== 0) {
    throw new Error(`${command} ${args.at(-1)} ended with ${status}: ${stderr.trim().split("\n").at(-1)}`);
  }
  return stdout;
}

if (process.argv[1] === import.meta.filename) {
  fetchServers();
  for (const version of VERSIONS) console.log(serverOf(version));
}
