import { headers } from "@nats-io/transport-node";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Client } from "../../src/nats/client.ts";
import {
  answerHeaders,
  type AnswerLetter,
  jobHeaders,
  type JobLetter,
  readAnswer,
  readJob,
} from "../../src/nats/letters.ts";
import { isNamed, levelOf, namedAddress, Names } from "../../src/nats/names.ts";

const client = { transport: { headers } } as unknown as Client;
const body = { encoding: "json", bytes: new Uint8Array([49]), object: null } as const;
/** Any text, half characters included. */
const text = fc.string({
  unit: fc.integer({ min: 1, max: 0xffff }).map((unit) => String.fromCharCode(unit)),
  minLength: 1,
});

describe("Names at the broker", () => {
  it("namedAddress is the same for the same name and task, different for others, and part of a subject", () => {
    const job = fc.record({ task: fc.option(text), id: text });
    fc.assert(
      fc.property(job, job, (one, other) => {
        const [a, b] = [one, other].map(({ task, id }) => namedAddress("o", task, id)) as [string, string];
        expect(a === b).toBe(one.task === other.task && one.id === other.id);
        expect(a).toMatch(/^o\.id\.[A-Za-z0-9_-]+$/);
        expect(isNamed(a)).toBe(true);
      }),
    );
  });

  it("addressIn finds the address in a job's subject, whatever its level", () => {
    const names = new Names("q");
    for (const priority of [-5, 0, 5]) {
      expect(Names.addressIn(names.job(levelOf(priority), "owner.space.7"))).toBe("owner.space.7");
    }
  });
});

describe("Letters", () => {
  it("carry a job as it is", () => {
    const letter: fc.Arbitrary<JobLetter> = fc.record({
      id: text,
      task: fc.option(text),
      timeout: fc.oneof(fc.constant(Infinity), fc.double({ min: 0.001, max: 1e9, noNaN: true })),
      version: fc.option(text),
      wants: fc.record({ progress: fc.boolean(), steps: fc.boolean() }),
      trace: fc.constantFrom(null, { traceparent: "00-1-2-01", tracestate: "a=b", baggage: "c=d" }),
      over: fc.nat(),
      args: fc.constantFrom(body, { ...body, object: "x.1" }),
    });
    fc.assert(fc.property(letter, (job) => {
      expect(readJob(jobHeaders(client, job), job.args.bytes)).toEqual(job);
    }));
  });

  it("carry an answer as it is", () => {
    const answer: AnswerLetter = { status: "thrown", body, host: "h", worker: "12", attempt: 2, ran: 1.5, number: 0 };
    expect(readAnswer(answerHeaders(client, answer), body.bytes)).toEqual(answer);
  });

  it("are refused where they are none", () => {
    expect(() => readJob(undefined, body.bytes)).toThrow("without headers");
    expect(() => readJob(headers(), body.bytes)).toThrow();
    expect(() => readAnswer(headers(), body.bytes)).toThrow("without a status");
  });
});
