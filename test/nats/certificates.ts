/**
 * What servers and programs show each other: certificates of an authority of a test's own, and credentials of an operator of its own.
 */

import { Buffer } from "node:buffer";
import { spawnSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { nkeys } from "@nats-io/transport-node";

/** Paths of PEM files. */
export interface Certificate {
  readonly certFile: string;
  readonly keyFile: string;
}

/** An authority, whose files are in a folder. */
export class Authority {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
    this.#openssl("req", "-x509", ...NEW_KEY, "-days", "2", "-subj", "/CN=authority", ...this.#files("authority"));
  }

  /** Its own certificate. */
  get caFile(): string {
    return join(this.#folder, "authority.pem");
  }

  /** Makes one for localhost. */
  certify(name: string): Certificate {
    const request = join(this.#folder, `${name}.csr`);
    const extensions = join(this.#folder, `${name}.cnf`);
    writeFileSync(extensions, "subjectAltName=DNS:localhost\n");
    const [, keyFile, , certFile] = this.#files(name) as [string, string, string, string];
    this.#openssl("req", ...NEW_KEY, "-subj", `/CN=${name}`, "-keyout", keyFile, "-out", request);
    const by = ["-CA", this.caFile, "-CAkey", join(this.#folder, "authority.key"), "-CAcreateserial", "-days", "2"];
    this.#openssl("x509", "-req", "-in", request, ...by, "-extfile", extensions, "-out", certFile);
    return { certFile, keyFile };
  }

  #files(name: string): string[] {
    return ["-keyout", join(this.#folder, `${name}.key`), "-out", join(this.#folder, `${name}.pem`)];
  }

  #openssl(...args: string[]): void {
    const { error, status, stderr } = spawnSync("openssl", args, { encoding: "utf8" });
    if (error) throw error;
    if (status !== 0) throw new Error(`openssl ${args[0]} ended with ${status}: ${stderr}`);
  }
}

const NEW_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];

type Claims = Record<string, unknown>;

const UNLIMITED = Object.fromEntries(
  [
    "subs",
    "data",
    "payload",
    "imports",
    "exports",
    "conn",
    "leaf",
    "mem_storage",
    "disk_storage",
    "streams",
    "consumer",
  ]
    .map((name) => [name, -1]),
);

/** An operator with one account, which signs what is needed for credentials files. */
export class Operator {
  readonly #operator = nkeys.createOperator();
  readonly #account = nkeys.createAccount();
  readonly #system = nkeys.createAccount();

  /** Lines for a server's configuration. */
  get config(): string {
    const account = (key: nkeys.KeyPair, limits: Claims): string =>
      this.#sign(this.#operator, key, { type: "account", version: 2, limits });
    const [jobs, system] = [this.#account.getPublicKey(), this.#system.getPublicKey()];
    return [
      `operator: ${this.#sign(this.#operator, this.#operator, { type: "operator", version: 2 })}`,
      `system_account: ${system}`,
      "resolver: MEMORY",
      "resolver_preload: {",
      `  ${jobs}: ${account(this.#account, { ...UNLIMITED, wildcards: true })}`,
      // Which has no JetStream.
      `  ${system}: ${account(this.#system, { subs: -1, data: -1, payload: -1, conn: -1, wildcards: true })}`,
      "}",
    ].join("\n");
  }

  /** The text of a credentials file. */
  credentials(permissions: Claims = {}): string {
    const user = nkeys.createUser();
    const claims = { type: "user", version: 2, subs: -1, data: -1, payload: -1, ...permissions };
    return [
      "-----BEGIN NATS USER JWT-----",
      this.#sign(this.#account, user, claims),
      "------END NATS USER JWT------",
      "",
      "-----BEGIN USER NKEY SEED-----",
      new TextDecoder().decode(user.getSeed()),
      "------END USER NKEY SEED------",
      "",
    ].join("\n");
  }

  /** A token of https://docs.nats.io/running-a-nats-service/configuration/securing_nats/auth_intro/jwt. */
  #sign(by: nkeys.KeyPair, subject: nkeys.KeyPair, nats: Claims): string {
    const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");
    const claims = {
      jti: randomUUID(),
      iat: Math.floor(Date.now() / 1000),
      iss: by.getPublicKey(),
      sub: subject.getPublicKey(),
      name: "test",
      nats,
    };
    const text = `${part({ typ: "JWT", alg: "ed25519-nkey" })}.${part(claims)}`;
    return `${text}.${Buffer.from(by.sign(Buffer.from(text))).toString("base64url")}`;
  }
}
