/**
 * How to reach a broker, as it is told on the command line and in the environment.
 *
 * @module
 */

import { type Command, InvalidArgumentError, Option } from "commander";
import type { AccessOptions } from "../../nats.ts";
import { RunError, UsageError } from "./told-errors.ts";

/** As commander gives it. */
export interface AccessFlags {
  readonly engine: readonly string[];
  readonly token?: string;
  readonly user?: string;
  readonly pass?: string;
  readonly creds?: string;
  readonly tlsCa?: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
}

/** Adds the options that a command needs to reach a broker. */
export function withAccess(command: Command): Command {
  return command
    .addOption(
      new Option("--engine <url>", "the NATS server, such as nats://host:4222; several of one cluster with commas")
        .argParser(servers).makeOptionMandatory(),
    )
    .addOption(new Option("--token <token>", "for a server that asks for one").env("NATS_TOKEN"))
    .addOption(new Option("--user <name>", "for a server that asks for one").env("NATS_USER"))
    .addOption(new Option("--pass <password>", "the user's").env("NATS_PASSWORD"))
    .option("--creds <file>", "the user's credentials file")
    .option("--tls-ca <file>", "whom to trust, for a server with TLS (PEM)")
    .option("--tls-cert <file>", "who this is, for a server that asks (PEM)")
    .option("--tls-key <file>", "the key of that (PEM)");
}

/** What the library is told. */
export function accessOf(flags: AccessFlags): AccessOptions {
  const { engine, token, user, pass, creds, tlsCa, tlsCert, tlsKey } = flags;
  const tls = {
    ...tlsCa === undefined ? {} : { caFile: tlsCa },
    ...tlsCert === undefined ? {} : { certFile: tlsCert },
    ...tlsKey === undefined ? {} : { keyFile: tlsKey },
  };
  const hasTls = Object.keys(tls).length > 0;
  return { servers: engine, token, user, pass, credentials: creds, tls: hasTls ? tls : undefined };
}

/** An error of the library's as one that is told as a sentence: of usage, where trying again would not mend it. */
export function toldError(error: unknown): unknown {
  const { code, lasting } = (error ?? {}) as { code?: unknown; lasting?: unknown };
  if (code === "CC_ERR_OPTION") return new UsageError((error as Error).message);
  if (code !== "CC_ERR_ENGINE") return error;
  const { message } = error as Error;
  return lasting ? new UsageError(message) : new RunError(message);
}

/** Several values of one option. */
export function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

function servers(text: string): readonly string[] {
  const urls = text.split(",");
  if (!/^(?:nats|tls):\/\//.test(urls[0] as string)) throw new InvalidArgumentError(RULE);
  return urls.map((url) => {
    const whole = url.includes("://") ? url : `nats://${url}`;
    if (!URL.canParse(whole)) throw new InvalidArgumentError(RULE);
    const { protocol, hostname, pathname, username } = new URL(whole);
    if (!/^(?:nats|tls):$/.test(protocol) || hostname === "" || pathname.length > 1) {
      throw new InvalidArgumentError(RULE);
    }
    // It would stand in what is told, and in lists of processes.
    if (username !== "") {
      throw new InvalidArgumentError("Give no password there: there are --user and --token, and the environment.");
    }
    return whole;
  });
}

const RULE = "It must be the URL of a NATS server, such as nats://host:4222.";
