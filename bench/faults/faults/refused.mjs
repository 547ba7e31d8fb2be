/** @type {import("../faults.mjs").Fault} */
export default {
  name: "refused",
  title: "refused jobs",
  group: "Time, messages and the host",
  meaning:
    "One worker, which is busy, and four more jobs than may wait (with a limit of none, and of one). The others must " +
    "be refused, and what is refused must never run.",
  skip: ({ limits }) => limits.length > 0 ? null : "no limit",
  async run({ start, settle, ran, wait, until, contender }) {
    const cases = [];
    for (const limit of contender.limits) {
      const pool = await start({ size: 1, limit });
      let warm = false;
      // With none waiting, a pool may refuse until its first worker is ready.
      for (const end = Date.now() + 5_000; !warm && Date.now() < end;) {
        warm = (await settle(() => pool.run({ job: "echo", value: 0 }))).state === "value";
        if (!warm) await wait(50);
      }
      const busy = settle(() => pool.run({ job: "wait", ms: 800, value: "busy", id: `busy${limit}` }));
      await until(() => ran(`busy${limit}`).length > 0);
      const ids = Array.from({ length: limit + 4 }, (_, i) => `limit${limit}-${i}`);
      const outcomes = await Promise.all(ids.map((id) => settle(() => pool.run({ job: "echo", value: id, id }))));
      const { state } = await busy;
      await wait(500);
      const refused = ids.filter((_, i) => outcomes[i].state === "error");
      cases.push({
        limit,
        busy: state,
        hang: outcomes.filter((outcome) => outcome.state === "hang").length,
        refused: refused.length,
        ran: refused.filter((id) => ran(id).length > 0).length,
      });
    }
    return { cases };
  },
  verdict({ cases }) {
    const wrong = [];
    const sum = (what) => cases.reduce((total, one) => total + one[what], 0);
    if (sum("ran") > 0) wrong.push(`${sum("ran")} refused ran`);
    if (sum("hang") > 0) wrong.push(`${sum("hang")} hang`);
    if (cases.some(({ busy }) => busy !== "value")) wrong.push("busy job fails");
    for (const { limit, refused } of cases) {
      if (refused === 0) wrong.push(`limit ${limit}: none refused`);
      else if (refused !== 4) wrong.push(`limit ${limit}: ${refused} of 4 refused`);
    }
    return wrong.length === 0 ? "ok" : wrong.join(", ");
  },
};
