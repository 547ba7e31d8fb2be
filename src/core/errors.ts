/**
 * The errors of the cluster itself. `code` is the contract: match on it, not on the class or the message.
 *
 * @module
 */

/** Every code that an error of the cluster can carry. */
export type ErrorCode =
  | "CC_ERR_OPTION"
  | "CC_ERR_BACKLOG_FULL"
  | "CC_ERR_LATENCY"
  | "CC_ERR_CLOSED"
  | "CC_ERR_TIMEOUT"
  | "CC_ERR_DEADLINE"
  | "CC_ERR_WORKER_EXIT"
  | "CC_ERR_WORKER_START"
  | "CC_ERR_NOT_CLONEABLE"
  | "CC_ERR_POISON"
  | "CC_ERR_ENGINE"
  | "CC_ERR_FALSY_REJECTION";

/** What an error knows beyond its sentence; each code documents which of these it carries. */
export interface ErrorDetails {
  /** The error that led to this one. */
  readonly cause?: unknown;
  /** True only when the job certainly did not start, so that trying again repeats nothing. */
  readonly retryable?: boolean;
  /** The limit that was passed: jobs (`CC_ERR_BACKLOG_FULL`) or milliseconds (`CC_ERR_LATENCY`, `CC_ERR_DEADLINE`, `CC_ERR_TIMEOUT`). */
  readonly limit?: number;
  /** How long the job was predicted to take, waiting included, in milliseconds (`CC_ERR_LATENCY`, `CC_ERR_DEADLINE`). */
  readonly expected?: number;
  /** After how many milliseconds the same job is predicted to be admitted (`CC_ERR_LATENCY`, `CC_ERR_DEADLINE`). */
  readonly retryAfter?: number;
  /** The id of the job that the error is about. */
  readonly job?: string;
  /** The process id of the lost worker; absent for threads. */
  readonly pid?: number;
  /** The id of the lost worker: its process id for processes, a number of our own for threads. */
  readonly worker?: string;
  /** The lost worker's exit code, null if a signal ended it. */
  readonly exitCode?: number | null;
  /** The signal that ended the lost worker, or null. */
  readonly signal?: string | null;
  /** The last 4 KB that the lost worker wrote to stderr; empty where it can't be captured. */
  readonly stderr?: string;
  /** Where in the value the part stands that can't be cloned, such as `args.list[3].onDone` (`CC_ERR_NOT_CLONEABLE`). */
  readonly path?: string;
  /** Whether trying again would not mend it: credentials that are refused, a server that is too old (`CC_ERR_ENGINE`). */
  readonly lasting?: boolean;
  /** The falsy value that was thrown (`CC_ERR_FALSY_REJECTION`). */
  readonly reason?: unknown;
}

/** An error of the cluster, as opposed to one that a worker's own code threw. */
export class ClusterError extends Error implements ErrorDetails {
  /** What happened, stable across versions. */
  readonly code: ErrorCode;
  /** True only when the job certainly did not start. */
  readonly retryable: boolean;
  declare readonly limit?: number;
  declare readonly expected?: number;
  declare readonly retryAfter?: number;
  declare readonly job?: string;
  declare readonly pid?: number;
  declare readonly worker?: string;
  declare readonly exitCode?: number | null;
  declare readonly signal?: string | null;
  declare readonly stderr?: string;
  declare readonly path?: string;
  declare readonly lasting?: boolean;
  declare readonly reason?: unknown;

  /** Makes an error of the cluster; `details` become its own properties. */
  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    const { cause, retryable = false, ...fields } = details;
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.retryable = retryable;
    Object.assign(this, fields);
  }

  static {
    Object.defineProperty(this.prototype, "name", { value: "ClusterError", configurable: true, writable: true });
  }
}

/** An option of the wrong type, or one that does not exist. */
export class OptionTypeError extends TypeError {
  /** Always `CC_ERR_OPTION`. */
  readonly code: ErrorCode = "CC_ERR_OPTION";
  /** Always true: nothing was started. */
  readonly retryable: boolean = true;
}

/** An option of the right type whose value is out of range. */
export class OptionRangeError extends RangeError {
  /** Always `CC_ERR_OPTION`. */
  readonly code: ErrorCode = "CC_ERR_OPTION";
  /** Always true: nothing was started. */
  readonly retryable: boolean = true;
}
