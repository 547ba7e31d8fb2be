import { headers } from "@nats-io/transport-node";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Client } from "../../src/nats/client.ts";
import {
  answerHeaders,
  type AnswerLetter,
  headersAgain,
  jobHeaders,
  type JobLetter,
  readAnswer,
  readJob,
  setStep,
  stepIn,
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
    const none = ["null", "1", "[]", "{}", '"text"', '{"id":1,"encoding":"json"}', '{"id":"a","encoding":"own"}', "{"];
    expect(() => readJob(undefined, body.bytes)).toThrow("without cc-job");
    expect(() => readAnswer(headers(), body.bytes)).toThrow("without cc-answer");
    for (const text of none) {
      const written = headers();
      for (const name of ["cc-job", "cc-answer"]) written.set(name, text);
      expect(() => readJob(written, body.bytes), text).toThrow();
      expect(() => readAnswer(written, body.bytes), text).toThrow();
    }
  });

  it("have what others wrote wrongly as if it were not there", () => {
    const written = headers();
    written.set(
      "cc-job",
      '{"id":"a","encoding":"json","task":1,"timeout":"2","version":{},"progress":1,"over":"x","object":7}',
    );
    expect(readJob(written, body.bytes)).toEqual({
      id: "a",
      task: null,
      timeout: Infinity,
      version: null,
      wants: { progress: false, steps: false },
      trace: null,
      over: 0,
      args: { encoding: "json", bytes: body.bytes, object: null },
    });
  });

  it("say which step of a job they tell of, and which number an answer has", () => {
    const told = answerHeaders(client, {
      status: "value",
      body,
      host: "h",
      worker: "1",
      attempt: 1,
      ran: 1,
      number: 0,
    });
    setStep(told, "answer", 12);
    expect([stepIn(told), readAnswer(told, body.bytes).number]).toEqual(["answer", 12]);
    setStep(told, "started");
    expect([stepIn(told), readAnswer(told, body.bytes).number]).toEqual(["started", 0]);
    expect(stepIn(headers())).toBe(null);
    for (const number of ["-1", "Infinity", "1e999", "x", ""]) {
      told.set("cc-live", `answer ${number}`);
      expect(readAnswer(told, body.bytes).number, number).toBe(0);
    }
  });

  it("of a job that is put back are as they were, but for what the broker and hosts have added", () => {
    const written = headers();
    written.set("cc-job", '{"id":"a","encoding":"json","over":3,"later":true}');
    written.set("traceparent", "00-1-2-01");
    for (const name of ["cc-subject", "cc-deliveries", "Nats-Msg-Id", "Nats-Sequence"]) written.set(name, "7");
    const again = (over: number) =>
      Object.fromEntries([...headersAgain(client, written, over)].map(([k, [v]]) => [k, v]));
    expect(again(12)).toEqual({
      "cc-job": '{"id":"a","encoding":"json","over":12,"later":true}',
      traceparent: "00-1-2-01",
    });
    expect(again(0)).toEqual({ "cc-job": '{"id":"a","encoding":"json","later":true}', traceparent: "00-1-2-01" });
  });
});
