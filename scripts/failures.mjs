// What has failed, in few lines: the whole output of a run is long, and who shows it may show its end only.

/** How many lines of what nobody has caught are shown, and those that say where that was. */
const LINES = 12;
const WHERE = /^(?:This error originated|The latest test)/;

/**
 * @param {{ testResults: { name: string, message: string, assertionResults: { status: string, fullName: string, failureMessages: string[] }[] }[] } | null} results
 * Vitest's own, or null for a part that has none.
 * @param {string} output What the part has printed, without colours.
 * @returns {string[]} A text for each failure.
 */
export function failuresOf(results, output) {
  const failed = (results?.testResults ?? []).flatMap(({ name, message, assertionResults }) => {
    const tests = assertionResults.filter(({ status }) => status === "failed");
    if (tests.length === 0 && message) return [`${name}: ${firstLine(message)}`];
    return tests.map(({ fullName, failureMessages: [why = ""] }) => `${fullName}: ${firstLine(why)}`);
  });
  return [...failed, ...uncaught(output)];
}

/** What Vitest has caught that no test has. @param {string} output */
function uncaught(output) {
  const [, section = ""] = output.split(/^⎯+ Unhandled Errors ⎯+$/m);
  const [, ...errors] = section.split(/^⎯+ (?=\S)/m);
  return errors.map((error) =>
    error.trim().split("\n").filter((line, at) => at < LINES || WHERE.test(line)).join("\n")
  );
}

/** @param {string} text */
function firstLine(text) {
  return text.split("\n", 1)[0] ?? "";
}
